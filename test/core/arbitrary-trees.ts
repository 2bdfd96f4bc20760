import fc from 'fast-check'
import type { Entry } from '../../lib/core/entry.ts'
import { isDirectory, isSynced } from '../../lib/core/entry.ts'
import type { Move } from '../../lib/core/operation.ts'
import type { Path } from '../../lib/core/path.ts'
import { isWithin, join, nameOf, parentOf } from '../../lib/core/path.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { emptyTree, walk, withEntry, withMove, withShallow } from '../../lib/core/tree.ts'
import { digest, dir, file, link, problem, show, untracked } from './build.ts'
import type { World } from './settle.ts'

/** Few names, contents and modes, so that sides meet. */
const names = fc.constantFrom('a', 'b', 'c')
const modes = fc.constantFrom(0o644, 0o755)

const leaves: fc.Arbitrary<Entry> = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constantFrom('1', '2', '3'), modes).map(([text, mode]) => file(text, { mode })) },
  { weight: 1, arbitrary: fc.constantFrom('a', 'b').map(link) },
)

const { entry: syncedEntries } = fc.letrec<{ entry: Entry }>(tie => ({
  entry: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaves,
    fc
      .tuple(fc.dictionary(names, tie('entry'), { maxKeys: 3 }), fc.constantFrom(0o755, 0o700))
      .map(([entries, mode]) => dir(entries, { mode })),
  ),
}))

const trees: fc.Arbitrary<Tree> = fc.dictionary(names, syncedEntries, { maxKeys: 3 }).map(entries => dir(entries))

/** One thing a person does. `pick` chooses among the places that there are. */
type Edit =
  | { readonly do: 'put'; readonly pick: number; readonly name: string; readonly entry: Entry }
  | { readonly do: 'delete'; readonly pick: number }
  | { readonly do: 'mode'; readonly pick: number; readonly mode: number }
  | { readonly do: 'problem'; readonly pick: number }
  | { readonly do: 'move'; readonly pick: number; readonly into: number; readonly name: string }

const picks = fc.nat(40)

const edits: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('put' as const), pick: picks, name: names, entry: syncedEntries }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('delete' as const), pick: picks }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('mode' as const), pick: picks, mode: fc.constantFrom(0o644, 0o755, 0o700) }),
  },
)

const oddEdits: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ do: fc.constant('problem' as const), pick: picks }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      pick: picks,
      name: names,
      entry: fc.constantFrom<Entry>(untracked(), untracked('fifo'), untracked('kept')),
    }),
  },
)

const moveEdits = fc.record({
  do: fc.constant('move' as const),
  pick: picks,
  into: picks,
  name: fc.constantFrom('a', 'b', 'c', 'd', 't'),
})

interface Edited {
  readonly tree: Tree
  readonly moves: readonly Move[]
}

function edited({ tree, moves }: Edited, edit: Edit): Edited {
  const all = [...walk(tree)]
  const directories = ['', ...all.filter(([, entry]) => isDirectory(entry)).map(([path]) => path)]
  const directoryAt = (pick: number): Path => directories[pick % directories.length] ?? ''
  const [path, entry] = all[edit.pick % Math.max(1, all.length)] ?? ['', undefined]
  switch (edit.do) {
    case 'put':
      return { tree: withEntry(tree, join(directoryAt(edit.pick), edit.name), edit.entry), moves }
    case 'delete':
      return { tree: path === '' ? tree : withEntry(tree, path, undefined), moves }
    case 'mode':
      return {
        tree:
          entry?.kind === 'file' || isDirectory(entry) ? withShallow(tree, path, { ...entry, mode: edit.mode }) : tree,
        moves,
      }
    case 'problem':
      return { tree: isSynced(entry) ? withEntry(tree, path, problem(entry)) : tree, moves }
    case 'move': {
      const from = directoryAt(edit.pick)
      const to = join(directoryAt(edit.into), edit.name)
      if (from === '' || isWithin(to, from) || isWithin(from, to)) return { tree, moves }
      return { tree: withMove(tree, from, to), moves: [...moves, { from, to }] }
    }
  }
}

/** A swap of two directories, through a third name. */
function swapped(side: Edited, [first, second]: readonly [number, number]): Edited {
  const directories = [...walk(side.tree)].filter(([, entry]) => isDirectory(entry)).map(([path]) => path)
  const a = directories[first % Math.max(1, directories.length)]
  const b = directories[second % Math.max(1, directories.length)]
  if (a === undefined || b === undefined || isWithin(a, b) || isWithin(b, a)) return side
  const between = join(parentOf(a), `${nameOf(a)}~`)
  const steps = [
    { from: a, to: between },
    { from: b, to: a },
    { from: between, to: b },
  ]
  return {
    tree: steps.reduce((tree, { from, to }) => withMove(tree, from, to), side.tree),
    moves: [...side.moves, ...steps],
  }
}

function sides(ancestor: Tree, edit: fc.Arbitrary<Edit>, mostSwaps: number): fc.Arbitrary<Edited> {
  return fc
    .tuple(
      fc.array(edit, { maxLength: 6 }),
      fc.array(fc.tuple(picks, picks), { maxLength: mostSwaps }),
      fc.array(edit, { maxLength: 3 }),
    )
    .map(([before, swaps, after]) => {
      const start = before.reduce(edited, { tree: ancestor, moves: [] })
      return after.reduce(edited, swaps.reduce(swapped, start))
    })
}

function describeWorld({ ancestor, alpha, beta, moves }: World): string {
  const shown = { ancestor: show(ancestor), alpha: show(alpha), beta: show(beta), moves }
  return JSON.stringify(shown, undefined, 1).replaceAll('"', '')
}

function worlds(edit: fc.Arbitrary<Edit>, mostSwaps = 0): fc.Arbitrary<World> {
  return fc
    .oneof({ weight: 6, arbitrary: trees }, { weight: 1, arbitrary: fc.constant(emptyTree) })
    .chain(ancestor =>
      fc.tuple(fc.constant(ancestor), sides(ancestor, edit, mostSwaps), sides(ancestor, edit, mostSwaps)),
    )
    .map(([ancestor, alpha, beta]) => ({
      ancestor,
      alpha: alpha.tree,
      beta: beta.tree,
      moves: { alpha: alpha.moves, beta: beta.moves },
      digester: digest,
    }))
    .map(world => ({ ...world, [fc.toStringMethod]: () => describeWorld(world) }))
}

/** Three trees of files, links and directories, the sides some edits away from the ancestor. */
export const plainWorlds = worlds(edits)

/** The same with problems and untracked entries. */
export const oddWorlds = worlds(fc.oneof({ weight: 5, arbitrary: edits }, { weight: 2, arbitrary: oddEdits }))

/** The same with recognised moves, chains and swaps. */
export const movingWorlds = worlds(
  fc.oneof({ weight: 4, arbitrary: edits }, { weight: 1, arbitrary: oddEdits }, { weight: 4, arbitrary: moveEdits }),
  2,
)
