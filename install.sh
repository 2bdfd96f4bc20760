#!/bin/sh
# Shows dsync at work on this machine: ./install.sh --demo. Touches nothing outside this checkout but temporary folders,
# which it removes.
set -eu

usage() {
  cat <<EOF
dsync has no installer yet. What there is:
  ./install.sh --demo           see it work on this machine, in a temporary folder
  ./install.sh --demo --keep    the same, and leave it running for playing
  npm ci && npm run build       get it ready to use from this checkout, as README.md goes on to say
EOF
}

fail() {
  printf 'install.sh: %s\n' "$1" >&2
  exit 1
}

# Whether node_modules holds what package-lock.json names, as npm notes there when it has finished.
is_set_up() {
  [ -f node_modules/.package-lock.json ] && sh scripts/node.sh -e '
    const packages = file => JSON.parse(require("fs").readFileSync(file, "utf8")).packages
    const [wanted, found] = [packages("package-lock.json"), packages("node_modules/.package-lock.json")]
    const holds = ([path, { version, optional, dev }]) =>
      path === "" || (found[path] ? found[path].version === version : optional || dev)
    process.exit(Object.entries(wanted).every(holds) ? 0 : 1)' 2>/dev/null
}

# Ends npm and removes its folder; with a code, ends with it.
end_set_up() {
  trap - EXIT HUP INT TERM
  if [ -n "$npm" ]; then kill "$npm" 2>/dev/null && wait "$npm" 2>/dev/null || :; fi
  rm -rf "$temporary"
  [ "${1:-0}" -le 128 ] || echo interrupted
  [ -z "${1:-}" ] || exit "$1"
}

# npm with a home, a cache and logs in the temporary folder, and the settings a person has made for it.
npm_aside() {
  exec env HOME="$temporary" XDG_CONFIG_HOME="$temporary" XDG_CACHE_HOME="$temporary" XDG_DATA_HOME="$temporary" \
    TMPDIR="$temporary" npm "$@" --userconfig "$settings" --cache "$temporary/cache" \
    --logs-dir "$temporary/logs" --no-update-notifier
}

set_up() {
  command -v npm >/dev/null && command -v node >/dev/null ||
    fail 'Cannot set up: node or npm is missing. Install Node 20.9 or later, which brings npm (nodejs.org), and run this again'
  temporary=$(mktemp -d "${TMPDIR:-/tmp}/dsync-setup.XXXXXX" 2>/dev/null) ||
    fail "Cannot set up: no folder can be made in ${TMPDIR:-/tmp}. Make room there or set TMPDIR, and run this again"
  npm=
  trap 'end_set_up $?' EXIT
  trap 'end_set_up 129' HUP
  trap 'end_set_up 130' INT
  trap 'end_set_up 143' TERM
  settings=${npm_config_userconfig:-${NPM_CONFIG_USERCONFIG:-${HOME:-}/.npmrc}}
  version=$(npm_aside --version 2>/dev/null) || {
    # A version manager's stand-in for npm finds nothing below another home; the npm beside the real Node needs nothing.
    PATH=$(dirname -- "$(node -p process.execPath)"):$PATH
    version=$(npm_aside --version) || fail 'Cannot set up: npm does not start. Run: npm --version'
  }
  [ "${version%%.*}" -ge 10 ] 2>/dev/null ||
    fail "Cannot set up: npm $version is too old. Install Node 20.9 or later, which brings npm 10, and run this again"

  printf 'Setting up: npm ci brings what dsync needs into node_modules, once ... '
  started=$(date +%s)
  npm_aside ci --ignore-scripts --include optional --no-engine-strict --fetch-retry-mintimeout 1000 --fetch-retry-maxtimeout 5000 \
    >"$temporary/said" 2>&1 &
  npm=$!
  if wait "$npm"; then npm=; else
    npm=
    echo 'failed'
    fail "Cannot set up: $(why_npm_failed)"
  fi
  end_set_up
  echo "done in $(($(date +%s) - started)) s"
}

# What npm said, in one line, with what to do about it.
why_npm_failed() {
  case $(cat "$temporary/said") in
  '')
    echo "npm ci ended without a word. Is there room in $(pwd) and in ${TMPDIR:-/tmp}? Run: npm ci" ;;
  *ENOSPC*)
    echo "the disk is full. Make room for 600 MB in $(pwd) and in ${TMPDIR:-/tmp}, and run this again" ;;
  *ENOTFOUND* | *EAI_AGAIN* | *ECONNREFUSED* | *ECONNRESET* | *ETIMEDOUT* | *EHOSTUNREACH* | *ENETUNREACH* | *ERR_SOCKET_TIMEOUT*)
    # npm does not tell an address that holds a password.
    registry=$(npm_aside config get registry 2>/dev/null) || registry=
    echo "npm does not reach ${registry:-its registry}: is there a network? Mend it, or npm's proxy or registry setting, and run this again" ;;
  *EACCES* | *EPERM* | *EROFS*)
    echo "node_modules cannot be written in $(pwd). Make the checkout yours, or take one of your own, and run this again" ;;
  *)
    echo "npm ci failed ($(grep '^npm err' "$temporary/said" | sed 's/^npm err[a-z]* *//' | head -n 3 | tr '\n' ' ' | sed 's/ $//')). Run: npm ci" ;;
  esac
}

demo=
keep=
for word in "$@"; do
  case $word in
  --demo) demo=yes ;;
  --keep) keep=--keep ;;
  --help | -h) usage && exit 0 ;;
  *) usage >&2 && exit 2 ;;
  esac
done
if [ -z "$demo" ]; then
  usage >&2
  exit 2
fi

# Compiled code must not be kept outside.
unset NODE_COMPILE_CACHE
CDPATH='' cd -- "$(dirname -- "$0")"
is_set_up || set_up
sh scripts/node.sh --version >/dev/null 2>&1 ||
  fail 'Cannot start: the Node that npm ci brings does not run here. Install Node 24.12 or later, and run this again'
exec sh scripts/node.sh scripts/demo.ts $keep
