/** Sorted, and merged, between two yields: 0.5 ms at most. */
const runItems = 1000

/** Sorts a long list in steps between which a caller can give others a turn. Equal items keep their order. */
export function* sortSteps<T>(items: readonly T[], compare: (a: T, b: T) => number): Generator<void, T[], undefined> {
  let runs: T[][] = []
  for (let at = 0; at < items.length; at += runItems) {
    runs.push(items.slice(at, at + runItems).toSorted(compare))
    yield
  }
  while (runs.length > 1) {
    const longer: T[][] = []
    for (let i = 0; i < runs.length; i += 2) longer.push(yield* mergeSteps(runs[i] ?? [], runs[i + 1] ?? [], compare))
    runs = longer
  }
  return runs[0] ?? []
}

function* mergeSteps<T>(
  a: readonly T[],
  b: readonly T[],
  compare: (a: T, b: T) => number,
): Generator<void, T[], undefined> {
  const merged: T[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]]
    const takesLeft = right === undefined || (left !== undefined && compare(left, right) <= 0)
    const next = takesLeft ? left : right
    if (next !== undefined) merged.push(next)
    if (takesLeft) i++
    else j++
    if (merged.length % runItems === 0) yield
  }
  return merged
}
