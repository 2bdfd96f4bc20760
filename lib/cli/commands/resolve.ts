import { SyncError } from '../../core/errors.ts'
import type { ResolveParameters, Resolved } from '../../daemon/verbs.ts'
import type { Arguments } from '../command-spec.ts'
import { confirm } from '../confirm.ts'
import { ask, selected } from '../daemon-access.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import { placeText, placeWord } from '../places.ts'
import { countText } from '../quantities.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

/** Ends conflicts. More than one at a time only after asking. */
export async function resolve(given: Arguments, around: Surroundings): Promise<Outcome> {
  const take = takeOf(given)
  if (given.has('all') === given.operands.length > 0) {
    throw new SyncError('USAGE', 'Cannot tell which conflicts are meant: name a PATH, or --all', {
      hint: 'dsync conflicts',
    })
  }
  const selection = selected(around, given)
  const dryRun = given.has('dry-run')
  if (given.has('all')) {
    const { conflicts } = await ask(around, 'conflicts', selection)
    if (conflicts.length === 0) return outcomeOf([], dryRun, around)
    if (!dryRun)
      await confirm(`Resolve ${countText(conflicts.length, 'conflict')}, taking ${wordsOf(take)}?`, given, around)
  }
  const { resolved } = await ask(around, 'resolve', { ...selection, take, dryRun })
  if (resolved.length === 0 && !given.has('all')) {
    throw new SyncError('NOT_FOUND', `Cannot resolve ${given.operands[0]}: no conflict stands there`, {
      hint: 'dsync conflicts',
    })
  }
  return outcomeOf(resolved, dryRun, around)
}

function takeOf(given: Arguments): ResolveParameters['take'] {
  const host = given.text('take')
  const chosen = (['mine', 'theirs', 'newest', 'both'] as const).filter(word => given.has(word))
  const [word] = chosen
  if (chosen.length + (host === undefined ? 0 : 1) !== 1) {
    throw new SyncError(
      'USAGE',
      'Cannot tell which version is meant: give one of --mine, --theirs, --take HOST, --newest, --both',
      {
        hint: 'dsync help resolve',
      },
    )
  }
  return word ?? { host: host ?? '' }
}

function wordsOf(take: ResolveParameters['take']): string {
  if (typeof take !== 'string') return `the version of ${take.host}`
  return {
    mine: "this host's version",
    theirs: "the other host's version",
    newest: 'the newest version',
    both: 'both versions',
  }[take]
}

function outcomeOf(resolved: readonly Resolved[], dryRun: boolean, around: Surroundings): Outcome {
  const open = resolved.filter(({ state }) => state === 'changed' || state === 'failed')
  return {
    exit: open.length > 0 ? exitCodes.conflicts : exitCodes.ok,
    json: { resolve: resolved, ...(dryRun && { dryRun }) },
    lines: paint => {
      if (resolved.length === 0) return ['No conflicts.']
      return resolved.map(({ root, path, host, state, why }) => {
        const place = `${placeText(around.userHome, root, path)} with ${escape(host)}`
        const word = placeWord(around.userHome, root, path)
        switch (state) {
          case 'resolved':
            return `${dryRun ? 'would resolve' : paint.green('resolved')}  ${place}`
          case 'changed':
            return `${paint.red('changed')}  ${place}: it is no longer what was shown  → dsync diff ${word}`
          case 'failed':
            return `${paint.red('failed')}  ${place}: ${escape(why ?? '')}`
          case 'none':
            return `${paint.dim('closed')}  ${place}: no conflict stands there any more`
        }
      })
    },
  }
}
