import type { ConflictVersions } from '../../daemon/verbs.ts'
import type { Arguments } from '../command-spec.ts'
import { ask, selected } from '../daemon-access.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Paint } from '../paint.ts'
import { placeText } from '../places.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'
import { textDifference } from '../text-difference.ts'
import { versionText } from '../version-text.ts'

/** Shows both versions of conflicts: what differs, or both texts where there is no git to compare them. */
export async function diff(given: Arguments, around: Surroundings): Promise<Outcome> {
  const { versions } = await ask(around, 'versions', selected(around, given))
  const bodies = await Promise.all(versions.map(each => bodyOf(each, around.home.run)))
  return {
    exit: versions.length > 0 ? exitCodes.conflicts : exitCodes.ok,
    json: { diff: versions },
    lines: paint => {
      if (versions.length === 0) return ['No conflicts.']
      return versions.flatMap(({ conflict }, i) => {
        const { root, path, hosts, sides } = conflict
        return [
          ...(i > 0 ? [''] : []),
          paint.bold(placeText(around.userHome, root, path)),
          paint.red(`--- ${escape(hosts.alpha)}  ${versionText(sides.alpha)}`),
          paint.green(`+++ ${escape(hosts.beta)}  ${versionText(sides.beta)}`),
          ...(bodies[i] ?? []).map(line => painted(line, paint)),
        ]
      })
    },
  }
}

/** Lines that begin with ' ', '-', '+' or '@'; none when a side is no text. */
async function bodyOf({ texts }: ConflictVersions, within: string): Promise<readonly string[]> {
  const [alpha, beta] = [texts.alpha, texts.beta].map(text =>
    text === undefined ? undefined : Buffer.from(text, 'base64'),
  )
  if (alpha === undefined || beta === undefined) return []
  if (alpha.includes(0) || beta.includes(0)) return [' (not text)']
  return (await textDifference(alpha, beta, within)) ?? bothTexts(alpha, beta)
}

function bothTexts(alpha: Buffer, beta: Buffer): string[] {
  const lines = (text: Buffer, mark: string): string[] =>
    text.length === 0
      ? []
      : text
          .toString('utf8')
          .replace(/\n$/, '')
          .split('\n')
          .map(line => mark + line)
  return [...lines(alpha, '-'), ...lines(beta, '+')]
}

function painted(line: string, paint: Paint): string {
  const text = escape(line)
  if (line.startsWith('-')) return paint.red(text)
  if (line.startsWith('+')) return paint.green(text)
  return line.startsWith('@') ? paint.cyan(text) : text
}
