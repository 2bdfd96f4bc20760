/** What the last word of a command is called by other tools. */
const ourWords: Readonly<Record<string, string>> = {
  delete: 'remove',
  rm: 'remove',
  ls: 'list',
  create: 'add',
  new: 'add',
}

/** The known word that was most likely meant, or undefined when none is near. */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  const inOurWords = word.replace(/\S+$/, last => ourWords[last] ?? last)
  if (inOurWords !== word && known.includes(inOurWords)) return inOurWords
  let best: { readonly word: string; readonly distance: number } | undefined
  for (const each of known) {
    const distance =
      each.startsWith(word) && word.length > 1 ? 0.5 : editDistance(word.toLowerCase(), each.toLowerCase())
    if (best === undefined || distance < best.distance) best = { word: each, distance }
  }
  return best !== undefined && best.distance <= Math.max(1, Math.floor(word.length / 3)) ? best.word : undefined
}

/** How many letters must be put in, left out, changed or swapped with their neighbour (Damerau 1964). */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 8 || a.length > 64) return Infinity
  let [older, row]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + change)
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (older[j - 2] ?? Infinity) + 1)
      next.push(cost)
    }
    older = row
    row = next
  }
  return row[b.length] ?? Infinity
}
