#!/bin/sh
# Installs dsync on this machine, or shows what that would do, or takes it back: ./install.sh --help.
set -eu

usage() {
  cat <<EOF
Usage: ./install.sh [OPTIONS]

Installs dsync and dtest for you: a release in ~/.dsync, a Node if yours is too old, one block in the files of your
shells, shared connections for ssh, and a service that keeps the daemon up. It shows what it will do and asks first.
Run again, it changes only what is missing.

  --home DIR       install into DIR instead of ~/.dsync
  --host NAME      also add this host, as \`ssh NAME\` reaches it; may be given more than once
  --root DIR       also keep this directory the same; may be given more than once
  --no-service     start nothing at login: \`dsync start\` by hand
  --no-shell       leave the files of your shells alone
  --dry-run        print every file it would touch, with a diff, and touch none
  --yes            do not ask
  --upgrade        bring what is installed to the version of this checkout
  --uninstall      take everything back; your files, settings and trash stay
  --purge          with --uninstall: settings, history and trash go too; your files stay
  --offline        take packages from npm's cache alone
  --demo [--keep]  see it work on this machine, in a temporary folder; installs nothing
  --help           this text
EOF
}

known='--home --host --root --no-service --no-shell --dry-run --yes --upgrade --uninstall --purge --offline --demo --keep --help'

fail() {
  printf 'install.sh: %s\n' "$1" >&2
  exit "${2:-1}"
}

# The known option that is nearest to a word, if any is near (Damerau 1964); nothing where there is no awk.
nearest() {
  awk -v word="$1" -v known="$known" '
    function at(text, i) { return substr(text, i, 1) }
    BEGIN {
      count = split(known, names, " "); best = 4
      for (k = 1; k <= count; k++) {
        name = names[k]; n = length(name); m = length(word)
        for (i = 0; i <= m; i++) for (j = 0; j <= n; j++) {
          if (i == 0 || j == 0) { d[i, j] = i + j; continue }
          cost = d[i - 1, j - 1] + (at(word, i) != at(name, j))
          if (d[i - 1, j] + 1 < cost) cost = d[i - 1, j] + 1
          if (d[i, j - 1] + 1 < cost) cost = d[i, j - 1] + 1
          if (i > 1 && j > 1 && at(word, i) == at(name, j - 1) && at(word, i - 1) == at(name, j) && d[i - 2, j - 2] + 1 < cost)
            cost = d[i - 2, j - 2] + 1
          d[i, j] = cost
        }
        if (d[m, n] < best) { best = d[m, n]; found = name }
      }
      print found
    }' 2>/dev/null || :
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

# Whether dist was built, to its end, from the sources as they are.
is_built() {
  [ -f dist/built ] || return 1
  newer=$(find lib scripts package.json package-lock.json tsup.config.ts -newer dist/built -type f) || return 1
  [ -z "$newer" ]
}

# Makes the folder for what goes again, once.
make_temporary() {
  [ -z "$temporary" ] || return 0
  temporary=$(mktemp -d "${TMPDIR:-/tmp}/dsync-setup.XXXXXX" 2>/dev/null) ||
    fail "Cannot set up: no folder can be made in ${TMPDIR:-/tmp}. Make room there or set TMPDIR, and run this again"
  trap 'end_set_up $?' EXIT
  trap 'end_set_up 129' HUP
  trap 'end_set_up 130' INT
  trap 'end_set_up 143' TERM
}

# Ends npm and removes the folder; with a code, ends with it.
end_set_up() {
  trap - EXIT HUP INT TERM
  if [ -n "$npm" ]; then kill "$npm" 2>/dev/null && wait "$npm" 2>/dev/null || :; fi
  if [ -n "$temporary" ]; then rm -rf "$temporary"; fi
  temporary=
  [ "${1:-0}" -le 128 ] || echo interrupted
  [ -z "${1:-}" ] || exit "$1"
}

# npm with a home and logs in the temporary folder, and the settings a person has made for it.
npm_aside() {
  exec env HOME="$temporary" XDG_CONFIG_HOME="$temporary" XDG_CACHE_HOME="$temporary" XDG_DATA_HOME="$temporary" \
    TMPDIR="$temporary" npm "$@" --userconfig "$settings" --cache "$cache" \
    --logs-dir "$temporary/logs" --no-update-notifier
}

set_up() {
  command -v npm >/dev/null && command -v node >/dev/null ||
    fail 'Cannot set up: node or npm is missing. Install Node 20.9 or later, which brings npm (nodejs.org), and run this again'
  make_temporary
  settings=${npm_config_userconfig:-${NPM_CONFIG_USERCONFIG:-${HOME:-}/.npmrc}}
  cache=$temporary/cache
  version=$(npm_aside --version 2>/dev/null) || {
    # A version manager's stand-in for npm finds nothing below another home; the npm beside the real Node needs nothing.
    PATH=$(dirname -- "$(node -p process.execPath)"):$PATH
    version=$(npm_aside --version) || fail 'Cannot set up: npm does not start. Run: npm --version'
  }
  [ "${version%%.*}" -ge 10 ] 2>/dev/null ||
    fail "Cannot set up: npm $version is too old. Install Node 20.9 or later, which brings npm 10, and run this again"
  if [ -n "$offline" ]; then
    kept=$(npm config get cache)
    # npm finds nothing in a cache that it may not write (seen with 11.19).
    if [ -w "$kept/_cacache/index-v5" ]; then cache=$kept; else
      mkdir "$cache"
      cp -R "$kept/_cacache" "$cache/" 2>/dev/null ||
        fail "Cannot set up: there is no cache of npm in $kept, or no room for a copy in $temporary. Run this without --offline"
      chmod -R u+w "$cache"
    fi
  fi

  printf 'Setting up: npm ci brings what dsync needs into node_modules, once ... '
  started=$(date +%s)
  npm_aside ci --ignore-scripts --include optional --no-engine-strict --fetch-retry-mintimeout 1000 --fetch-retry-maxtimeout 5000 \
    $offline >"$temporary/said" 2>&1 &
  npm=$!
  if wait "$npm"; then npm=; else
    npm=
    echo 'failed'
    fail "Cannot set up: $(why_npm_failed)"
  fi
  echo "done in $(($(date +%s) - started)) s"
}

# What npm said, in one line, with what to do about it.
why_npm_failed() {
  case $(cat "$temporary/said") in
  '')
    echo "npm ci ended without a word. Is there room in $(pwd) and in ${TMPDIR:-/tmp}? Run: npm ci" ;;
  *ENOSPC*)
    echo "the disk is full. Make room for 600 MB in $(pwd) and in ${TMPDIR:-/tmp}, and run this again" ;;
  *ENOTCACHED*)
    echo "npm's cache ($kept) lacks a package. Where there is a network, run: (cd '$checkout' && npm ci)" ;;
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

# Goes on in a copy of what the packages and the bundles are made from: where the checkout must not be written, or cannot.
step_aside() {
  make_temporary
  mkdir "$temporary/checkout"
  for part in install.sh bin lib scripts shell launchd systemd package.json package-lock.json tsup.config.ts; do
    if [ -e "$part" ]; then cp -R "$part" "$temporary/checkout/"; fi
  done
  if is_set_up && [ -e node_modules/.bin/tsup ]; then ln -s "$checkout/node_modules" "$temporary/checkout/node_modules"; fi
  CDPATH='' cd -- "$temporary/checkout"
}

build() {
  make_temporary
  printf 'Building what is installed from these sources, once ... '
  started=$(date +%s)
  rm -f dist/built
  sh scripts/node.sh node_modules/.bin/tsup >"$temporary/said" 2>&1 || {
    echo 'failed'
    fail "Cannot build ($(grep -i error "$temporary/said" | head -n 1)). Run: npm run build"
  }
  : >dist/built
  echo "done in $(($(date +%s) - started)) s"
}

may_write() {
  [ -w . ] && { [ ! -e node_modules ] || [ -w node_modules ]; } && { [ ! -e dist ] || [ -w dist ]; }
}

demo=
keep=
dry_run=
yes=
offline=
npm=
temporary=
before=
for word in "$@"; do
  case $before in
  --home | --host | --root)
    before=
    continue
    ;;
  esac
  before=$word
  case $word in
  --demo) demo=yes ;;
  --keep) keep=--keep ;;
  --dry-run) dry_run=yes ;;
  --yes) yes=yes ;;
  --offline) offline=--offline ;;
  --help | -h) usage && exit 0 ;;
  --home | --host | --root | --home=* | --host=* | --root=* | --no-service | --no-shell | --upgrade | --uninstall | --purge) ;;
  -*)
    near=$(nearest "${word%%=*}")
    fail "There is no option ${word%%=*}. ${near:+Did you mean $near? }Run: ./install.sh --help" 2
    ;;
  *) fail "There is a word too many: $word. Run: ./install.sh --help" 2 ;;
  esac
done
case $before in --home | --host | --root) fail "$before lacks its value. Run: ./install.sh --help" 2 ;; esac
if [ -n "$demo" ]; then
  for word in "$@"; do
    case $word in
    --demo | --keep | --offline) ;;
    *) fail "--demo installs nothing: it does not go with $word. Run: ./install.sh --demo" 2 ;;
    esac
  done
elif [ -n "$keep" ]; then
  fail '--keep goes with --demo. Run: ./install.sh --demo --keep' 2
elif [ -z "$yes$dry_run" ] && ! { [ -t 0 ] && [ -t 2 ]; }; then
  fail "Cannot ask without a terminal. If you mean it, run: ./install.sh --yes${1:+ $*}" 2
fi

# Compiled code must not be kept outside.
unset NODE_COMPILE_CACHE
DSYNC_CALLED_FROM=$(pwd)
CDPATH='' cd -- "$(dirname -- "$0")"
checkout=$(pwd)
export DSYNC_CALLED_FROM
# An installed release has all it needs, and no demo.
if [ ! -e package-lock.json ] && [ -f dist/install.js ]; then
  [ -z "$demo" ] || fail 'The demo needs a checkout of dsync. Run: ./install.sh --demo there'
  exec sh bin/dsync --install "$@"
fi
if [ -n "$demo" ]; then
  is_set_up || set_up
elif ! { is_set_up && is_built; }; then
  if [ -n "$dry_run" ] || ! may_write; then step_aside; fi
  if ! { is_set_up && [ -e node_modules/.bin/tsup ]; }; then set_up; fi
  is_built || build
fi
sh scripts/node.sh --version >/dev/null 2>&1 ||
  fail 'Cannot start: the Node that npm ci brings does not run here. Install Node 24.12 or later, and run this again'
if [ -n "$demo" ]; then
  end_set_up
  exec sh scripts/node.sh scripts/demo.ts $keep
fi
if [ "$(pwd)" = "$checkout" ]; then
  end_set_up
  exec sh scripts/node.sh scripts/install.ts "$@"
fi
code=0
sh scripts/node.sh scripts/install.ts "$@" || code=$?
end_set_up "$code"
