import { denoPlaces, managedNodePlaces, ownNodePlaces, systemNodePlaces } from './runtime-places.ts'

/** How long the probes may take before what hangs is ended (s). The reader waits a little longer. */
export const probeSeconds = 10

/** How often the clock is read: the answer that came fastest counts. */
export const clockReadings = 3

/** Programs that are looked for, each with how it tells its version. */
const programs = [
  'rsync --version',
  'git --version',
  'tmux -V',
  'ssh -V',
  'tar --version',
  'gzip --version',
  'sha256sum --version',
  'shasum --version',
  'openssl version',
  'getfattr --version',
  'getfacl --version',
]

/** Where people have programs that their login shell knows and a command over ssh, or a service, does not. */
const programPlaces = [
  '/opt/homebrew/bin',
  '/usr/local/bin',
  '"$HOME/.local/bin"',
  '"$HOME/bin"',
  '/usr/bin',
  '/bin',
  '/usr/sbin',
  '/sbin',
]

/** Directories that no root watches: they are ignored by default. */
const unwatched = ['.git', 'node_modules', '.venv', 'venv', '__pycache__', '.hg', '.svn', '.jj']

/** What lies in the home and is its user's alone; `.` is the home itself. */
const ownFiles = [
  ...['.', 'state', 'work', 'run', 'run/control.sock', 'run/token', 'run/daemon.log', 'run/prompt'],
  ...['config.json', 'paths.txt', 'env', 'roots.json', 'state/hub.json', 'state/installed.json'],
  ...['sync.log', 'realtime.log', 'after-sync.log', 'kit', 'bin', 'runtime'],
]

/**
 * The text for `sh` that looks a machine over and prints what it finds, a line each: `dsync-survey NONCE KEY VALUE`.
 * It is one function, called by its last line, so that `sh` has read all of it before anything else reads stdin. Probes
 * run side by side, none waits for another, and what hangs is ended after some seconds. It leaves nothing behind.
 * After the line `places` it reads a line for each directory to look at, `NAME PATH`, up to a line `.`; after each line
 * `tick` a line to say that the next moment is to be read from the clock. `end` is its last.
 * POSIX only: dash, bash, zsh as sh, busybox, the sh of macOS.
 * @param nonce hexadecimal
 */
export function surveyScript(nonce: string, seconds = probeSeconds): string {
  return `main() {
  exec 2>/dev/null
  nonce=${nonce}
  home=\${DSYNC_HOME:-$HOME/.dsync}
  say() { printf 'dsync-survey %s %s\\n' $nonce "$*"; }
  start() {
    say "begun $*"
    ( "$@"; say "done $*" ) </dev/null &
    probes="$probes $!"
  }
  processes() {
    for stat in /proc/[0-9]*/stat; do
      read -r line <"$stat" || continue
      set -- \${line##*) }
      pid=\${stat#/proc/}
      echo "\${pid%/stat} $2"
    done
    [ -d /proc/self ] || ps -A -o pid= -o ppid=
  }
  children() { printf '%s\\n' "$table" | while read -r pid parent; do [ "$parent" = "$1" ] && echo "$pid"; done; }
  slay() {
    set -- "$1" $(children "$1")
    kill -9 "$1"
    shift
    for child; do slay "$child"; done
  }
${probes()}
  say begin
  probes=
  own
  PATH=$PATH:/usr/bin:/bin:/usr/sbin:/sbin
  start machine
  start agent
  start files
  start watches
  start runtimes
  start kit
  start try home "$HOME"
  [ -d "$home" ] && start try kit "$home"
  start try tmp "\${TMPDIR:-/tmp}"
${programs.map(program => `  start program ${program}`).join('\n')}
  start place home "$HOME"
  start place kit "$home"
  start place tmp "\${TMPDIR:-/tmp}"
  say places
  while read -r name path && [ "$name" != . ]; do
    case $path in '~') path=$HOME ;; '~/'*) path=$HOME/\${path#??} ;; esac
    start place "$name" "$path"
    start inside "$name" "$path"
    start extras "$name" "$path"
  done
  [ "$(uname -s)" = Darwin ] && start mac
  ( sleep ${seconds} & nap=$!
    trap 'kill $nap; exit' TERM
    wait $nap
    trap '' TERM
    table=$(processes)
    for probe in $(children $$); do
      case " $probes " in *" $probe "*) slay "$probe" ;; esac
    done
  ) </dev/null >/dev/null &
  watchdog=$!
  for probe in $probes; do wait "$probe"; done
  kill $watchdog
  for turn in ${Array.from({ length: clockReadings }, (_, i) => i).join(' ')}; do
    say tick
    read -r word || break
    say "clock $(date +%s%N)"
  done
  say end
}
main
`
}

function probes(): string {
  return `  own() {
    say "umask $(umask)"
    say "user.home $HOME"
    say "user.shell \${SHELL-}"
    say "kit.home $home"
    say "path $PATH"
    say "locale.set \${LC_ALL:-\${LC_CTYPE:-\${LANG-}}}"
    say "files $(ulimit -n)"
    [ -n "\${SSH_AUTH_SOCK-}" ] && say "agent.socket $SSH_AUTH_SOCK"
    [ -n "\${TMPDIR-}" ] && say "tmpdir $TMPDIR"
  }
  machine() {
    say "system.name $(uname -s)"
    say "system.machine $(uname -m)"
    say "system.release $(uname -r)"
    say "system.bits $(getconf LONG_BIT)"
    say "user.id $(id -u)"
    say "user.name $(id -un)"
    say "locale.charmap $(locale charmap)"
    libc=$(getconf GNU_LIBC_VERSION) || for file in /lib/ld-musl-*; do [ -e "$file" ] && libc=musl; done
    say "system.libc $libc"
    [ -d /run/systemd/system ] && say "systemd yes"
    [ -e "/var/lib/systemd/linger/$(id -un)" ] && say "linger yes"
  }
  agent() {
    [ -S "\${SSH_AUTH_SOCK-}" ] || return 0
    ssh-add -l >/dev/null
    say "agent.answer $?"
  }
  first() { IFS= read -r line; printf '%s' "$line"; }
  program() {
    found=$(command -v "$1")
    case $found in /*) ;; *)
      found=
      for directory in ${programPlaces.join(' ')}; do
        [ -z "$found" ] && [ -f "$directory/$1" ] && [ -x "$directory/$1" ] && found=$directory/$1
      done ;;
    esac
    [ -n "$found" ] || return 0
    say "program $1 $found"
    say "version $1 $("$found" "$2" 2>&1 | first)"
  }
  runtimes() {
    for candidate in ${[...ownNodePlaces, ...systemNodePlaces, ...managedNodePlaces].join(' ')}; do
      [ -x "$candidate" ] && say "runtime node $("$candidate" --version | first) $candidate"
    done
    for candidate in ${denoPlaces.join(' ')}; do
      [ -x "$candidate" ] && say "runtime deno $("$candidate" --version | first) $candidate"
    done
  }
  try() {
    trial=$2/.dsync-survey-$nonce-$1
    if ( umask 077; printf '#!/bin/sh\\nexit 0\\n' >"$trial" ); then
      say "try.write $1 yes"
      chmod 700 "$trial" && "$trial" && say "try.run $1 yes" || say "try.run $1 no"
    else
      say "try.write $1 no"
    fi
    rm -f "$trial"
  }
  place() {
    say "place $1 $2"
    at=$2
    until [ -d "$at" ]; do
      say "place.missing $1 $at"
      case $at in */*) at=\${at%/*} ;; *) return 0 ;; esac
      [ -n "$at" ] || at=/
    done
    [ -w "$at" ] && [ -x "$at" ] && say "place.writable $1 yes"
    ls "$at" >/dev/null && say "place.listed $1 yes"
    case $(uname -s) in Linux) type=T ;; *) type= ;; esac
    space=$(LC_ALL=C df -P\${type}k "$at" || LC_ALL=C df -Pk "$at")
    say "place.space $1 $(printf '%s\\n' "$space" | while read -r line; do last=$line; printf '%s\\r' "$line"; done)"
    say "place.inodes $1 $(LC_ALL=C df -Pi "$at" | while read -r line; do printf '%s\\r' "$line"; done)"
    if [ -z "$type" ]; then
      LC_ALL=C mount | while read -r line; do
        case $line in *" on \${space##*% } ("*) say "place.mount $1 \${line##*(}" ;; esac
      done
    fi
    base=\${at##*/}
    other=$(printf '%s' "$base" | tr '[:lower:]' '[:upper:]')
    [ "$other" = "$base" ] && other=$(printf '%s' "$base" | tr '[:upper:]' '[:lower:]')
    if [ "$other" != "$base" ]; then
      if [ -d "\${at%/*}/$other" ] && [ "$(ls -di "\${at%/*}/$other" | number)" = "$(ls -di "$at" | number)" ]; then
        say "place.folds $1 yes"
      else
        say "place.folds $1 no"
      fi
    fi
  }
  number() { read -r inode rest; printf '%s' "$inode"; }
  inside() {
    [ -d "$2" ] || return 0
    directories() { find "$1" -xdev \\( ${unwatched.map(name => `-name ${name}`).join(' -o ')} \\) -prune -o -type d -print; }
    if command -v awk >/dev/null; then
      directories "$2" | awk -v mark="dsync-survey $nonce inside $1" \
        'NR % 20000 == 0 { print mark, NR, "more"; fflush() } END { print mark, NR }'
    else
      say "inside $1 $(directories "$2" | grep -c .)"
    fi
  }
  extras() {
    [ -d "$2" ] || return 0
    if [ "$(uname -s)" = Darwin ]; then
      say "extras.attributes $1 $(find "$2" -xdev -xattr -print | grep -c .)"
      say "extras.acls $1 $(find "$2" -xdev -acl -print | grep -c .)"
      return 0
    fi
    command -v getfattr >/dev/null && say "extras.attributes $1 $(getfattr -RPh -m '^user\\.' --absolute-names "$2" | grep -c '^# file: ')"
    command -v getfacl >/dev/null && say "extras.acls $1 $(getfacl -RPsp "$2" | grep -c '^# file: ')"
  }
  files() {
    for file in ${ownFiles.join(' ')}; do
      [ -e "$home/$file" ] && say "file $file $(ls -ldnL "$home/$file")"
    done
    for file in . .ssh .ssh/config .ssh/authorized_keys; do
      [ -e "$HOME/$file" ] && say "file ~/$file $(ls -ldnL "$HOME/$file")"
    done
  }
  watches() {
    [ -d /proc/sys/fs/inotify ] || return 0
    for name in max_user_watches max_user_instances max_queued_events; do
      say "watches.$name $(cat /proc/sys/fs/inotify/$name)"
    done
    say "watches.used $(grep -rhs '^inotify ' /proc/[0-9]*/fdinfo | grep -c .)"
    say "watches.instances $(ls -l /proc/[0-9]*/fd | grep -c 'anon_inode:inotify')"
  }
  kit() {
    [ -f "$home/state/home-id" ] && say "kit.id $(first <"$home/state/home-id")"
    [ -e "$home/kit/current" ] || return 0
    say "kit.release $(ls -ld "$home/kit/current" | while read -r line; do printf '%s' "\${line##*-> }"; done)"
    say "kit.version $(grep '"version"' "$home/kit/current/package.json" | first)"
  }
  mac() {
    say "mac.version $(sw_vers -productVersion)"
    say "mac.translated $(sysctl -n sysctl.proc_translated)"
    say "mac.sleep $(pmset -g | grep '^ *sleep ' | first)"
    head -c 1 "$HOME/Library/Application Support/com.apple.TCC/TCC.db" >/dev/null && say 'mac.full-disk yes' || say 'mac.full-disk no'
  }`
}
