import type { Cell } from '../aligned.ts'
import { aligned } from '../aligned.ts'
import type { Arguments } from '../command-spec.ts'
import { ask, selected } from '../daemon-access.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import { placeText, placeWord } from '../places.ts'
import { agoText, countText } from '../quantities.ts'
import { awayLines, followedJson } from '../hub-lines.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'
import { versionText } from '../version-text.ts'

/** Lists what was changed on both sides. */
export async function conflicts(given: Arguments, around: Surroundings): Promise<Outcome> {
  const { conflicts: found, ...followed } = await ask(around, 'conflicts', selected(around, given))
  const { userHome } = around
  const now = Date.now()
  return {
    exit: exitCodes.ok,
    json: { conflicts: found, ...followedJson(followed) },
    lines: paint => {
      const away = awayLines(followed, paint, now)
      if (found.length === 0) return ['No conflicts.', ...away]
      const rows = found.flatMap(({ root, path, kind, since, hosts, sides }): Cell[][] => [
        [placeText(userHome, root, path), kind, agoText(since, now)],
        ['', escape(hosts.alpha), versionText(sides.alpha)],
        ['', escape(hosts.beta), versionText(sides.beta)],
      ])
      const [first] = found
      const example = first === undefined ? 'PATH' : placeWord(userHome, first.root, first.path)
      return [
        countText(found.length, 'conflict'),
        '',
        ...aligned(rows, paint),
        '',
        `  → dsync diff ${example}`,
        `  → dsync resolve ${example} --mine | --theirs | --newest | --both`,
        ...away,
      ]
    },
  }
}
