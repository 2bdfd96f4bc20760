#!/bin/sh
# Runs its arguments under a Node that can run our scripts as they are: the one that npm ci brought, else the one on PATH.
# npm before 11 brings it and does not link it in node_modules/.bin: it takes the link away again with the packages for
# other platforms.
set -eu
kit=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

# Node strips types without a flag and without a warning since 24.12.
runs_us() {
  "$1" -e 'const [a, b] = process.versions.node.split("."); process.exit(+(a < 24 || (+a === 24 && b < 12)))' 2>/dev/null
}

for node in "$kit/node_modules/.bin/node" "$kit"/node_modules/node-*/bin/node "$(command -v node || :)"; do
  if [ -x "$node" ] && runs_us "$node"; then exec "$node" "$@"; fi
done
echo "Cannot start: no Node 24.12 or later runs here. Run: (cd '$kit' && npm ci), which brings one" >&2
exit 1
