import { SyncError } from '../core/errors.ts'
import { runScript } from '../remote/remote-script.ts'
import type { ScriptReach } from '../remote/send-runtime.ts'
import { launchers } from './layout.ts'

/** What is taken away may be a gigabyte of trash on a slow disk (ms). */
const quietMs = 300_000

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

/** POSIX `sh`; only what `placeRelease` and `takeScript` made is removed, and with `isPurge` a home that is ours. */
export function removalScript(mark: string, isPurge: boolean): string {
  return `main() {
  home=\${DSYNC_HOME:-$HOME/.dsync}
  if [ -x "$home/bin/dsync" ]; then "$home/bin/dsync" stop </dev/null >/dev/null 2>&1 || :; fi
  if [ -f "$home/state/installed.json" ] && [ -f "$home/kit/current/install.sh" ]; then
    sh "$home/kit/current/install.sh" --uninstall --yes </dev/null >/dev/null 2>&1 || :
  fi
  rm -rf "$home/kit" "$home/runtime"
  for name in ${launchers.join(' ')}; do [ ! -L "$home/bin/$name" ] || rm -f "$home/bin/$name"; done
  rmdir "$home/bin" 2>/dev/null || :
${isPurge ? '  [ ! -f "$home/state/home-id" ] || rm -rf "$home"\n' : ''}  printf '%s done\\n' ${mark}
}
main
`
}
