import { SyncError } from '../core/errors.ts'
import { runScript } from '../remote/remote-script.ts'
import { managedNodePlaces, ownNodePlaces, systemNodePlaces } from '../remote/runtime-places.ts'
import type { ScriptReach } from '../remote/send-runtime.ts'
import { homeDirectories, homeFiles, homeLogs, launchers } from './layout.ts'

/** What is taken away may be a gigabyte of trash on a slow disk (ms). */
const quietMs = 300_000

/**
 * Lets the installer of the release on another host write what shells read there, as a person who runs it does who wants
 * no service. Throws AGENT_FAILED with what it said when it did not.
 */
export async function installShellThere(reach: ScriptReach): Promise<void> {
  const lines = await runScript({ ...reach, quietMs, script: shellScript })
  if (lines.at(-1) === 'done') return
  const said = lines.filter(line => line.startsWith('said ')).map(line => line.slice('said '.length))
  throw new SyncError(
    'AGENT_FAILED',
    `Cannot set up the shells of ${reach.ssh.target}: ${said.join(' ') || 'no word came'}`,
    {
      hint: `dsync hosts update, then the same again`,
    },
  )
}

/**
 * Takes the kit and its runtime away from another host: ends what runs from them, and lets an installer that was run
 * there undo what it did outside the home. Settings, trash and records stay unless `isPurge`. A host on which nothing of
 * ours is stays as it is. Throws as `runScript` does.
 */
export async function uninstallHost(reach: ScriptReach, isPurge: boolean): Promise<void> {
  const lines = await runScript({ ...reach, quietMs, script: mark => removalScript(mark, isPurge) })
  if (lines.at(-1) === 'done') return
  throw new SyncError('AGENT_FAILED', `Cannot take dsync away from ${reach.ssh.target}: it stopped half-way`, {
    hint: 'The same again goes on with it',
  })
}

/** Runs the installer of the release in use by the first Node there that can. */
const installer = `  home=\${DSYNC_HOME:-$HOME/.dsync}
  install() {
    for candidate in ${[...ownNodePlaces, ...systemNodePlaces, ...managedNodePlaces].join(' ')}; do
      [ -x "$candidate" ] || continue
      "$candidate" -e 'const [a, b] = process.versions.node.split("."); process.exit(+(a < 24 || (+a === 24 && b < 12)))' \\
        </dev/null >/dev/null 2>&1 || continue
      DSYNC_HOME=$home "$candidate" "$home/kit/current/dist/install.js" "$@" </dev/null 2>&1
      return
    done
    echo 'no Node that can run it is there'
    return 1
  }`

/** POSIX `sh`: the last of what the installer said comes with `said`, then `done` if it ended well. */
export function shellScript(mark: string): string {
  return `main() {
${installer}
  if said=$(install --yes --no-service); then printf '%s done\\n' ${mark}; exit 0; fi
  printf '%s\\n' "$said" | tail -n 3 | while read -r line; do printf '%s said %s\\n' ${mark} "$line"; done
  exit 0
}
main
`
}

/** All that is dsync's in a home goes, and the home itself when nothing else is in it. */
const purge = `  if [ -f "$home/state/home-id" ] && [ "$home" != "$HOME" ]; then
    for name in ${[...homeDirectories, ...homeFiles, ...homeLogs].join(' ')}; do rm -rf "$home/$name"; done
    for log in ${homeLogs.join(' ')}; do rm -f "$home/$log".[0-9]*; done
    rmdir "$home" 2>/dev/null || :
  fi
`

/** POSIX `sh`; only what `placeRelease` and `takeScript` made is removed, and with `isPurge` a home that is ours. */
export function removalScript(mark: string, isPurge: boolean): string {
  return `main() {
${installer}
  if [ -x "$home/bin/dsync" ]; then "$home/bin/dsync" stop </dev/null >/dev/null 2>&1 || :; fi
  if [ -f "$home/state/installed.json" ]; then install --uninstall --yes${isPurge ? ' --purge' : ''} >/dev/null || :; fi
  rm -rf "$home/kit" "$home/runtime"
  for name in ${launchers.join(' ')}; do [ ! -L "$home/bin/$name" ] || rm -f "$home/bin/$name"; done
  rmdir "$home/bin" 2>/dev/null || :
${isPurge ? purge : ''}  printf '%s done\\n' ${mark}
  exit 0
}
main
`
}
