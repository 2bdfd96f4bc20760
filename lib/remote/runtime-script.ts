/** A runtime as it is put on another host. Every text is of letters, digits, `.` and `-`. */
export interface RuntimeOrder {
  /** Its directory below `runtime/` of the kit's home there: `node-v24.21.0-linux-x64`. */
  readonly name: string
  /** What it says of itself: `v24.21.0`. */
  readonly version: string
  /** Of the program (bytes, and SHA-256 in hexadecimal), and of what is sent for it. */
  readonly bytes: number
  readonly digest: string
  readonly sentBytes: number
  readonly sentDigest: string
  readonly isZipped: boolean
}

/** What is left free on the disk there beside what is put there (kB). */
const spareKilobytes = 32 * 1024

/**
 * Takes a runtime on stdin and puts it there. Says `send OFFSET` when it wants what is sent, from that byte on, and then
 * `done`, `cut BYTES` when less came (the next attempt goes on there), `damaged`, or `failed WHY`.
 *
 * It is written under a name of its own, compared with its digest, run once and only then renamed to its own name and
 * linked to as `runtime/current`, so whoever starts it finds the old one or the new one. The part of one that did not
 * come whole belongs to the process in its name, and once that is gone to the next that wants it.
 */
export function takeScript(mark: string, order: RuntimeOrder): string {
  const { name, version, bytes, digest, sentBytes, sentDigest, isZipped } = order
  const needed = Math.ceil((bytes + sentBytes) / 1024) + spareKilobytes
  return `main() {
  umask 077
  PATH=\${PATH:-/usr/bin:/bin}:/usr/bin:/bin:/usr/sbin:/sbin
  home=\${DSYNC_HOME:-$HOME/.dsync}
  runtimes=$home/runtime
  say() { printf '%s %s\\n' ${mark} "$*"; }
  fail() { say failed "$*"; exit 0; }
  hasher=none
  for word in sha256sum shasum openssl; do
    if command -v "$word" >/dev/null 2>&1; then hasher=$word; break; fi
  done
  digest() {
    case $hasher in
      sha256sum) set -- $(sha256sum <"$1") ;;
      shasum) set -- $(shasum -a 256 <"$1") ;;
      openssl) set -- $(openssl dgst -sha256 <"$1") ;;
    esac
    for word; do [ \${#word} -eq 64 ] && printf '%s' "$word"; done
  }
  [ "$hasher" != none ] || fail "nothing there can check what came: it has no sha256sum, shasum or openssl"
  mkdir -p "$runtimes" 2>/dev/null && [ -w "$runtimes" ] || fail "$runtimes cannot be written"
  made=$runtimes/new.$$
  program=$runtimes/${name}/bin/node
  trap 'rm -rf "$made"' EXIT
  trap 'exit 1' HUP INT TERM
  place() {
    # By rename(2), which no tool calls the same way on every system. One that another process put there meanwhile stays.
    "$1" -e '
      const fs = require("node:fs"), { createHash } = require("node:crypto")
      const [, made, runtimes, name, digest] = process.argv, at = runtimes + "/" + name
      const unless = (code, act) => { try { return act() } catch (error) { if (!code.includes(error.code)) throw error } }
      const isWhole = () => createHash("sha256").update(fs.readFileSync(at + "/bin/node")).digest("hex") === digest
      for (let i = 0; i < 9 && !unless(["ENOENT", "ENOTDIR"], isWhole); i++) {
        unless(["ENOENT"], () => fs.renameSync(at, made + "/damaged" + i))
        fs.fsyncSync(fs.openSync(made + "/tree/bin/node", "r"))
        if (unless(["ENOTEMPTY", "EEXIST"], () => fs.renameSync(made + "/tree", at) ?? true)) break
      }
      fs.symlinkSync(name, made + "/current")
      fs.renameSync(made + "/current", runtimes + "/current")
      fs.statSync(at + "/bin/node")
    ' "$made" "$runtimes" ${name} ${digest} || fail "$runtimes/current cannot be made"
  }
  if [ -x "$program" ] && [ "$(digest "$program")" = ${digest} ]; then
    mkdir "$made" || fail "$made cannot be made"
    place "$program"
    say done
    exit 0
  fi
  mkdir -p "$made/tree/bin" || fail "$made cannot be made"
  printf '#!/bin/sh\\nexit 0\\n' >"$made/probe" && chmod 700 "$made/probe" || fail "$runtimes cannot be written"
  "$made/probe" >/dev/null 2>&1 </dev/null || fail "nothing on the disk of $runtimes may be run: it is mounted noexec"
  part=$runtimes/part-${sentDigest.slice(0, 16)}.$$
  for file in "$runtimes"/part-* "$runtimes"/new.*; do
    kill -0 "\${file##*.}" 2>/dev/null && continue
    case $file in
      */part-${sentDigest.slice(0, 16)}.*) if [ -e "$part" ]; then rm -f "$file"; else mv "$file" "$part"; fi ;;
      *) rm -rf "$file" ;;
    esac
  done
  : >>"$part" || fail "$runtimes cannot be written"
  have=$(($(wc -c <"$part")))
  if [ "$have" -gt ${sentBytes} ]; then : >"$part"; have=0; fi
  set -- $(df -Pk "$runtimes" 2>/dev/null | tail -n 1)
  case \${4-} in
    '' | *[!0-9]*) ;;
    *) [ $(($4 + have / 1024)) -ge ${needed} ] || fail "its disk has $4 kB left where ${needed} kB are needed" ;;
  esac
  say send "$have"
  cat >>"$part" || fail "$part cannot be written"
  have=$(($(wc -c <"$part")))
  if [ "$have" -lt ${sentBytes} ]; then say cut "$have"; exit 0; fi
  if [ "$(digest "$part")" != ${sentDigest} ]; then rm -f "$part"; say damaged; exit 0; fi
  ${isZipped ? 'gzip -dc <"$part" >"$made/tree/bin/node"' : 'mv "$part" "$made/tree/bin/node"'} || fail "$made/tree/bin/node cannot be written"
  rm -f "$part" "$made/probe"
  if [ "$(digest "$made/tree/bin/node")" != ${digest} ]; then say damaged; exit 0; fi
  chmod 700 "$made/tree/bin/node"
  said=$("$made/tree/bin/node" --version 2>&1 </dev/null) || fail "it does not run there: $said"
  [ "$said" = ${version} ] || fail "it does not run there: it said $said"
  before=$(readlink "$runtimes/current" 2>/dev/null || :)
  place "$made/tree/bin/node"
  for file in "$runtimes"/new.*; do
    # What another process is about to link to may look like an old one.
    if [ "$file" != "$made" ] && kill -0 "\${file##*.}" 2>/dev/null; then say done; exit 0; fi
  done
  now=$(readlink "$runtimes/current" 2>/dev/null || :)
  for file in "$runtimes"/node-v*; do
    case $file in */${name} | */"$before" | */"$now") ;; *) rm -rf "$file" ;; esac
  done
  say done
  exit 0
}
main
`
}
