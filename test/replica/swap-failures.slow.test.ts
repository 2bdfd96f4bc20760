import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ErrorCode } from '../../lib/core/errors.ts'
import type { Method } from './rig.ts'
import { Rig, file, look, methodNames, methods, put } from './rig.ts'
import type { Scenario } from './scenarios.ts'
import { scenarios } from './scenarios.ts'

const callsLimit = 120
const codes: readonly ErrorCode[] = ['EIO', 'ENOSPC', 'EMFILE']

function begin(method: Method, scenario: Scenario): Rig {
  // Disks that know neither links nor exclusive renames keep no modes.
  const rig = new Rig({ ...methods[method], modes: method !== 'copy' })
  rig.person.mkdir('d')
  rig.person.write('d/beside', 'untouched')
  scenario.given(rig.person)
  rig.settleDisk()
  return rig
}

/** Everything that is kept anywhere. */
function kept(rig: Rig): string[] {
  const everywhere = [...rig.person.snapshot('../work').values(), ...rig.person.snapshot().values()]
  return everywhere.flatMap(found =>
    found.kind === 'file'
      ? [new TextDecoder().decode(found.bytes)]
      : found.kind === 'symlink'
        ? [`-> ${found.target}`]
        : [],
  )
}

/** Calls that fail in one operation, in ascending order; then it is asked for again, and then the process starts anew. */
async function withFailures(
  method: Method,
  scenario: Scenario,
  failures: readonly (readonly [number, ErrorCode])[],
): Promise<boolean> {
  const sane = begin(method, scenario)
  const before = look(sane)
  await sane.apply([scenario.operation], scenario.contents)
  const after = look(sane)
  const rig = begin(method, scenario)
  const start = rig.process.faults.calls
  for (const [call, code] of failures) rig.process.faults.failAt(start + call, code)
  const [carried] = await rig.apply([scenario.operation], scenario.contents)
  const reached = rig.process.faults.calls >= start + (failures.at(-1)?.[0] ?? 0)
  const now = look(rig)
  const result = carried?.outcome.result
  if (result === 'done') assert.deepEqual(now, after, 'done means done')
  const isWhole = [before, after].some(end => JSON.stringify(end) === JSON.stringify(now))
  if (failures.length === 1 && method !== 'copy')
    assert.ok(isWhole, `one failure leaves the root as before or as after: ${JSON.stringify(now)}`)
  if (scenario.old !== undefined) assert.ok(kept(rig).includes(scenario.old), 'the old version is somewhere')
  if (result !== 'done') {
    rig.process.faults.heal()
    const [again] = await rig.apply([scenario.operation], scenario.contents)
    if (again?.outcome.result !== 'done')
      assert.ok(['stale', 'needs'].includes(again?.outcome.result ?? ''), JSON.stringify(again))
    if (scenario.old !== undefined) assert.ok(kept(rig).includes(scenario.old), 'and after another try')
    assert.ok(rig.work.journal.isQuiet, 'nothing waits for the next start')
  }
  rig.restart()
  await rig.sweep()
  const last = look(rig)
  const isNew = JSON.stringify(last) === JSON.stringify(after)
  if (!isNew) assert.deepEqual(last, before)
  assert.deepEqual(rig.slots(), [])
  if (isNew && scenario.old !== undefined) {
    assert.ok(
      rig.trashed().some(item => item.endsWith(` ${scenario.operation.path} ${scenario.old}`)),
      `the old version is in the trash: ${rig.trashed().join(', ')}`,
    )
  }
  return reached
}

for (const method of methodNames) {
  describe(`the disk fails, by ${method}`, () => {
    for (const scenario of scenarios) {
      it(`${scenario.says}: at any call`, async () => {
        for (const code of codes) {
          for (let call = 1; call < callsLimit; call++) {
            try {
              if (!(await withFailures(method, scenario, [[call, code]]))) break
            } catch (error) {
              throw new Error(`call ${call}, ${code}`, { cause: error })
            }
          }
        }
      })
    }

    for (const scenario of scenarios.filter(each =>
      ['replace a file', 'remove a file', 'replace a link by a file'].includes(each.says),
    )) {
      it(`${scenario.says}: at any two calls`, async () => {
        for (let call = 1; call < callsLimit; call++) {
          let reached = false
          for (const gap of [1, 2, 3, 5, 8, 13]) {
            try {
              reached =
                (await withFailures(method, scenario, [
                  [call, 'EIO'],
                  [call + gap, 'EIO'],
                ])) || reached
            } catch (error) {
              throw new Error(`calls ${call} and ${call + gap}`, { cause: error })
            }
          }
          if (!reached) break
        }
      })
    }
  })
}

it('a copy that was finished is not taken back, whatever became of it', async () => {
  const rig = new Rig({ ...methods.copy, modes: false })
  rig.process.faults.trace = line => {
    if (line.includes(' unlink ')) rig.process.faults.failAt(rig.process.faults.calls, 'EIO')
  }
  await rig.apply([put('a', undefined, file('new content'))], ['new content'])
  assert.equal(rig.slots().length, 1, 'what was copied is still there')
  rig.person.write('a', 'new')
  rig.restart()
  assert.equal(rig.person.text('a'), 'new')
})
