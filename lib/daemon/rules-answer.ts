import { ignoreText } from '../core/ignore-settings.ts'
import { checkTexts } from './config-reader.ts'
import { rulesOf } from './parameters.ts'
import type { Here } from './session-specs.ts'
import { sessionSpecs } from './session-specs.ts'
import type { SessionList } from './sessions.ts'
import type { RootRules, Verbs } from './verbs.ts'

/** What the ignore rules of another text of `config.json` would change in each root, as far as this host knows. */
export async function answerRules(
  sessions: SessionList,
  parameters: unknown,
  here: Here,
): Promise<Verbs['rules']['result']> {
  const { config } = checkTexts(here.home, { config: rulesOf(parameters).config })
  const wanted = config === undefined ? [] : sessionSpecs(config, here, new Set()).specs
  const rules = new Map<string, RootRules>()
  for (const { handle, spec } of sessions.opened()) {
    const next = wanted.find(({ id }) => id === spec.id)
    if (next === undefined || rules.has(handle.root)) continue
    const settings = ignoreText(next.ignore)
    if (settings === ignoreText(spec.ignore)) continue
    const answer = await handle.ask('alpha', { about: 'rules', settings })
    if (answer.about === 'rules') rules.set(handle.root, { root: handle.root, changes: answer.changes })
  }
  return { rules: [...rules.values()] }
}
