/** How many equal lines are shown around what differs. */
const context = 3

/** From how many pairs of lines on only their beginning and end are compared. */
const mostPairs = 4_000_000

type Line = readonly [mark: ' ' | '-' | '+', text: string]

/** The hunks of a unified diff between two texts (POSIX diff -u); none when they are equal. */
export function lineDifference(before: string, after: string): string[] {
  const lines = scriptOf(linesOf(before), linesOf(after))
  const changed = lines.flatMap(([mark], i) => (mark === ' ' ? [] : [i]))
  const hunks: (readonly [from: number, to: number])[] = []
  for (const i of changed) {
    const [from, to] = [Math.max(0, i - context), Math.min(lines.length, i + context + 1)]
    const last = hunks.at(-1)
    if (last !== undefined && from <= last[1]) hunks[hunks.length - 1] = [last[0], to]
    else hunks.push([from, to])
  }
  return hunks.flatMap(([from, to]) => [headOf(lines, from, to), ...lines.slice(from, to).flatMap(shown)])
}

/** Each line with its ending, so that a missing one at the end is a difference. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

function shown([mark, text]: Line): string[] {
  return text.endsWith('\n') ? [mark + text.slice(0, -1)] : [mark + text, '\\ No newline at end of file']
}

function headOf(lines: readonly Line[], from: number, to: number): string {
  const range = (absent: '-' | '+'): string => {
    const above = lines.slice(0, from).filter(([mark]) => mark !== absent).length
    const count = lines.slice(from, to).filter(([mark]) => mark !== absent).length
    return `${count === 0 ? above : above + 1},${count}`
  }
  return `@@ -${range('+')} +${range('-')} @@`
}

function scriptOf(before: readonly string[], after: readonly string[]): Line[] {
  const most = Math.min(before.length, after.length)
  let head = 0
  while (head < most && before[head] === after[head]) head += 1
  let tail = 0
  while (tail < most - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1
  const same = (text: string): Line => [' ', text]
  return [
    ...before.slice(0, head).map(same),
    ...between(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(same),
  ]
}

/** The longest common subsequence, by a table of its lengths. */
function between(before: readonly string[], after: readonly string[]): Line[] {
  const gone = before.map((text): Line => ['-', text])
  const come = after.map((text): Line => ['+', text])
  if (before.length * after.length === 0 || before.length * after.length > mostPairs) return [...gone, ...come]
  const width = after.length + 1
  const lengths = new Uint32Array((before.length + 1) * width)
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const lines: Line[] = []
  let [i, j] = [0, 0]
  while (i < before.length || j < after.length) {
    const [old, fresh] = [before[i], after[j]]
    if (old !== undefined && old === fresh) {
      lines.push([' ', old])
      i += 1
      j += 1
    } else if (old !== undefined && (fresh === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(['-', old])
      i += 1
    } else {
      lines.push(['+', fresh ?? ''])
      j += 1
    }
  }
  return lines
}
