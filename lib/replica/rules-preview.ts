import { isDirectory, isIgnored } from '../core/entry.ts'
import type { Entry } from '../core/entry.ts'
import type { IgnoreSettings } from '../core/ignore-settings.ts'
import type { Path } from '../core/path.ts'
import { join } from '../core/path.ts'
import type { RuleChanges } from '../core/rule-change.ts'
import { RuleChange } from '../core/rule-change.ts'
import { children } from '../core/tree.ts'
import { isReleased, learnKnownFiles } from './ignore-files.ts'
import type { Pause } from './staging.ts'
import type { Surroundings } from './surroundings.ts'

/** Entries judged between two pauses. */
const entriesBetweenPauses = 1000

/** What other settings would make of what is known here. Nothing is changed by asking. */
export async function previewRules(settings: IgnoreSettings, around: Surroundings, pause: Pause): Promise<RuleChanges> {
  const ignore = around.rules.ignore.withSettings(settings)
  const asIf = { ...around, rules: { ...around.rules, ignore } }
  learnKnownFiles(asIf)
  const change = new RuleChange()
  const open: (readonly [Path, Entry])[] = [['', around.view.tree]]
  let judged = 0
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const [name, entry] of children(next[1])) {
      if (++judged % entriesBetweenPauses === 0) await pause()
      const path = join(next[0], name)
      if (isIgnored(entry)) {
        if (isReleased(path, asIf)) change.released(path)
      } else if (entry.kind === 'untracked' || entry.kind === 'problem') continue
      else if (ignore.ignores(path, isDirectory(entry))) change.ignored(path, entry)
      else if (isDirectory(entry)) open.push([path, entry])
    }
  }
  return change.changes()
}
