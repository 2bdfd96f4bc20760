import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Crash } from '../sim/faults.ts'
import type { Method } from './rig.ts'
import { Rig, look, methodNames, methods } from './rig.ts'
import type { Scenario } from './scenarios.ts'
import { scenarios } from './scenarios.ts'

/** More calls than any operation here makes. */
const callsLimit = 200

type When = 'before' | 'after'

function begin(method: Method, scenario: Scenario, seed = 1): Rig {
  const rig = new Rig(methods[method], seed)
  rig.person.mkdir('d')
  rig.person.write('d/beside', 'untouched')
  scenario.given(rig.person)
  rig.settleDisk()
  return rig
}

/** Runs something in which a process may die. @returns whether it did */
async function dies(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run()
    return false
  } catch (error) {
    if (!(error instanceof Crash)) throw error
    return true
  }
}

/** Starts anew, dying in the n-th call of recovery, as long as there is one; then once more without dying. */
function recoverDying(rig: Rig, call: number, when: When): boolean {
  let died = false
  try {
    rig.restart(process => process.faults.crashAt(call, when))
  } catch (error) {
    if (!(error instanceof Crash)) throw error
    died = true
  }
  rig.restart()
  return died
}

interface Ends {
  readonly before: Readonly<Record<string, string>>
  readonly after: Readonly<Record<string, string>>
}

async function endsOf(method: Method, scenario: Scenario): Promise<Ends> {
  const rig = begin(method, scenario)
  const before = look(rig)
  const [carried] = await rig.apply([scenario.operation], scenario.contents)
  assert.equal(carried?.outcome.result, 'done')
  return { before, after: look(rig) }
}

/** P1 and P3: old or new and nothing else changed; the old version in the trash once it is not at its path. */
function check(rig: Rig, scenario: Scenario, ends: Ends, options: { readonly pathsKnown: boolean }): void {
  const now = look(rig)
  const isNew = JSON.stringify(now) === JSON.stringify(ends.after)
  if (!isNew) assert.deepEqual(now, ends.before, 'the root is as before or as after')
  assert.deepEqual(rig.slots(), [], 'no slot is left')
  assert.deepEqual(rig.recovered.filter(each => each.what === 'left'), [])
  const trashed = rig.trashed()
  if (isNew && scenario.old !== undefined) {
    const { path } = scenario.operation
    const isThere = trashed.some(item => item.endsWith(` ${path} ${scenario.old}`) || (!options.pathsKnown && item.endsWith(` ${scenario.old}`)))
    assert.ok(isThere, `the old version is in the trash: ${trashed.join(', ')}`)
  }
  for (const item of trashed) assert.ok(item.endsWith(scenario.old ?? '/'), `nothing else is in the trash: ${item}`)
}

for (const method of methodNames) {
  describe(`a process killed in an operation, by ${method}`, () => {
    for (const scenario of scenarios) {
      it(`${scenario.says}: at every call, and at every call of the recovery`, async () => {
        const ends = await endsOf(method, scenario)
        let crashes = 0
        for (const when of ['before', 'after'] as const) {
          for (let call = 1; call < callsLimit; call++) {
            const attempt = async (): Promise<Rig | undefined> => {
              const rig = begin(method, scenario)
              rig.process.faults.crashAt(rig.process.faults.calls + call, when)
              return (await dies(() => rig.apply([scenario.operation], scenario.contents))) ? rig : undefined
            }
            const rig = await attempt()
            if (rig === undefined) break
            crashes++
            rig.restart()
            check(rig, scenario, ends, { pathsKnown: true })
            for (let again = 1; again < callsLimit; again++) {
              const twice = await attempt()
              assert.ok(twice)
              const died = recoverDying(twice, again, when)
              check(twice, scenario, ends, { pathsKnown: true })
              if (!died) break
            }
          }
        }
        assert.ok(crashes > 4, `${crashes} crashes`)
      })

      it(`${scenario.says}: power cut at every call`, async () => {
        const ends = await endsOf(method, scenario)
        for (let call = 1; call < callsLimit; call++) {
          let died = false
          for (let seed = 1; seed <= 12; seed++) {
            const rig = begin(method, scenario, seed)
            rig.process.faults.crashAt(rig.process.faults.calls + call)
            died = await dies(() => rig.apply([scenario.operation], scenario.contents))
            rig.cutPower(seed * 1000 + call)
            rig.restart()
            await rig.sweep()
            try {
              check(rig, scenario, ends, { pathsKnown: false })
            } catch (error) {
              throw new Error(`call ${call}, seed ${seed}`, { cause: error })
            }
          }
          if (!died) break
        }
      })
    }
  })
}

