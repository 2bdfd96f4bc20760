/** One bug planted on purpose: pieces of source files that are replaced when the files are loaded. */
export interface Mutant {
  readonly name: string
  readonly patches: readonly Patch[]
}

interface Patch {
  /** From the top of the checkout. */
  readonly file: string
  readonly from: string
  readonly to: string
}

function mutant(name: string, ...patches: readonly (readonly [file: string, from: string, to: string])[]): Mutant {
  return { name, patches: patches.map(([file, from, to]) => ({ file, from, to })) }
}

/** Each breaks a promise of the engine; the histories must find every one of them. */
export const mutants: readonly Mutant[] = [
  mutant('nobody looks at what a swap captured', [
    'lib/replica/settle.ts',
    'const isExpected = wasExpected(captured)',
    'const isExpected = true',
  ]),
  mutant('what came out of a swap is taken for ours and deleted', [
    'lib/replica/settle.ts',
    '  if (isOurs(captured, options)) {',
    '  if (isOurs(captured, options) || capture.why === "replaced") {',
  ]),
  mutant(
    'the ancestor is trusted after a reboot before it was durable',
    [
      'lib/sync/session-loop.ts',
      'const boots = { alpha: alpha.facts.bootId, beta: beta.facts.bootId }',
      'const boots = { alpha: alpha.facts.bootId.slice(0, 1), beta: beta.facts.bootId.slice(0, 1) }',
    ],
    [
      'lib/sync/session-loop.ts',
      'if (alpha.facts.bootId !== boots.alpha || beta.facts.bootId !== boots.beta) return',
      '',
    ],
  ),
  mutant('a checkpoint is answered before the disk was flushed', [
    'lib/replica/local-replica.ts',
    'await root.flush()\n    } catch',
    '} catch',
  ]),
  mutant('slots are cleaned at the start without a look', [
    'lib/replica/recovery.ts',
    '  const capture = unfinished.captures.get(slot)\n  if (capture !== undefined) return',
    '  slots.drop(slot)\n  if (slot !== "") return []\n  const capture = unfinished.captures.get(slot)\n  if (capture !== undefined) return',
  ]),
  mutant('what cannot be read counts as deleted', [
    'lib/replica/look.ts',
    'return problem(code, previous, unknownStat)',
    "return { found: 'absent' }",
  ]),
  mutant('lost events are ignored', [
    'lib/replica/heed-events.ts',
    'for (const each of event.below ? nodes.below(node) : [node]) listings.add(each, true)',
    '',
  ]),
  mutant('content becomes visible before it is durable', ['lib/replica/slots.ts', 'if (durable) file.sync()', '']),
  mutant('the ancestor advances though the other side could not follow', [
    'lib/core/session/settlement.ts',
    "else if (outcome.result === 'done' || outcome.result === 'kept') {",
    "else if (outcome.result === 'done' || outcome.result === 'kept' || outcome.result === 'failed' || outcome.result === 'busy') {",
  ]),
  mutant('a stale operation counts as done', [
    'lib/core/session/settlement.ts',
    "if (outcome.result === 'done' || outcome.result === 'kept') {",
    "if (outcome.result === 'done' || outcome.result === 'kept' || outcome.result === 'stale') {",
  ]),
  mutant('a fence comes back before what was heard before it was looked at', [
    'lib/replica/session-fences.ts',
    'for (const fence of this.#draining) {\n',
    'for (const fence of this.#draining) {\n      fence.done()\n      this.#draining.delete(fence)\n      if (fence !== undefined) continue\n',
  ]),
  mutant('times alone vouch for content, whatever ctime says', [
    'lib/replica/identity-table.ts',
    'this.#rows[at + 2] === found.ctimeMs &&',
    '',
  ]),
  mutant('swaps are not written down', [
    'lib/replica/slot-journal.ts',
    "this.#bytes += this.#lines.append('slot' in line ? { ...line, vouched: undefined } : line)",
    'this.#bytes += 0',
  ]),
  mutant('what goes to the trash is deleted', [
    'lib/replica/settle.ts',
    "  return {\n    what: 'trashed',\n",
    "  work.slots.drop(capture.slot)\n  if (path !== '') return { what: 'trashed', trashed: { id: '', recheck: undefined } }\n  return {\n    what: 'trashed',\n",
  ]),
  mutant(
    'nothing but a line that was not synced tells the path of what is in the trash',
    ['lib/replica/trash-name.ts', 'const label = labelOf(path, labelBytes)', "const label = ''"],
    ['lib/replica/trash.ts', 'if (parsedTrashName(kept).path !== item.path) this.index.sync()', ''],
  ),
  mutant('ignored files are synced', [
    'lib/replica/look.ts',
    "if (rules.ignore.ignores(path, stat.kind === 'directory')) return { found: 'ignored' }",
    '',
  ]),
  mutant('what is ignored now is not forgotten', [
    'lib/core/reconcile-entry.ts',
    'if (versions.ancestor !== undefined) draft.agree(path, undefined)',
    '',
  ]),
  mutant('a file as young as the clock is coarse is not looked at again', [
    'lib/replica/refresh.ts',
    'if (racyMs > 0 &&',
    'if (racyMs < 0 &&',
  ]),
  mutant('a conflict is settled by taking one side', [
    'lib/core/reconcile-entry.ts',
    "if (!onlyAlpha && alpha.digest !== before?.digest) return draft.conflict(path, 'content', versions)",
    '',
  ]),
  mutant('a barrier does not wait for the copies of conflicts', [
    'lib/core/session/session.ts',
    'yield* this.#keeper.outstanding()',
    '',
  ]),
  mutant("the other side does not hear of git's index before it is planned with", [
    'lib/core/session/exemptions.ts',
    'if (this.#held[side] !== this.#exempt.size) this.#fence(side, now, true)',
    'this.#held[side]',
  ]),
  mutant("what leaves git's index is ignored at once", [
    'lib/replica/tracked-paths.ts',
    '      this.#leaving.add(path)\n      //',
    '      //',
  ]),
]
