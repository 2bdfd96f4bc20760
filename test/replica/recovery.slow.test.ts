import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parentOf } from '../../lib/core/path.ts'
import { Crash } from '../sim/faults.ts'
import type { Method } from './rig.ts'
import { Rig, file, look, methodNames, methods, put, remove } from './rig.ts'
import type { Scenario } from './scenarios.ts'
import { scenarios } from './scenarios.ts'

/** More calls than any operation here makes. */
const callsLimit = 200

function begin(method: Method, scenario: Scenario, seed = 1): Rig {
  // Disks that know neither links nor exclusive renames keep no modes.
  const rig = new Rig({ ...methods[method], modes: method !== 'copy' }, seed)
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

/** Starts anew, dying before the n-th call of recovery, as long as there is one; then once more without dying. */
function recoverDying(rig: Rig, call: number): boolean {
  let died = false
  try {
    rig.restart(process => process.faults.crashAt(call))
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

/** P1 and P3: old or new and nothing else changed; the old version in the trash, by its path, once it is not there. */
function check(rig: Rig, scenario: Scenario, ends: Ends): void {
  const now = look(rig)
  const isNew = JSON.stringify(now) === JSON.stringify(ends.after)
  if (!isNew) assert.deepEqual(now, ends.before, 'the root is as before or as after')
  assert.deepEqual(rig.slots(), [], 'no slot is left')
  assert.deepEqual(
    rig.recovered.filter(each => each.what === 'left'),
    [],
  )
  const trashed = rig.trashed()
  if (isNew && scenario.old !== undefined) {
    const { path } = scenario.operation
    const isThere = trashed.some(item => item.endsWith(` ${path} ${scenario.old}`))
    assert.ok(isThere, `the old version is in the trash: ${trashed.join(', ')}`)
  }
  for (const item of trashed) assert.ok(item.endsWith(scenario.old ?? '/'), `nothing else is in the trash: ${item}`)
}

describe('recovery', () => {
  it('puts the newest of what somebody saved at the path, and the others into the trash', () => {
    const rig = new Rig(methods.aside)
    rig.person.write('../work/slots/out-000000001-000', 'first save')
    rig.person.write('../work/slots/out-000000002-000', 'second save')
    const line = { path: 'a', expected: file('old'), why: 'replaced', group: 'g' }
    const lines = [
      { ...line, slot: 'out-000000001-000', after: file('new') },
      { ...line, slot: 'out-000000002-000', expected: file('new'), own: true },
    ]
    rig.person.write('../work/journal', lines.map(each => `\n${JSON.stringify(each)}\n`).join(''))
    rig.restart()
    assert.deepEqual(look(rig), { a: '644 second save' })
    assert.deepEqual(rig.trashed(), ['recovered a first save'])
    assert.deepEqual(
      rig.recovered.map(each => `${each.what} ${each.path}`),
      ['returned a', 'trashed a'],
    )
  })

  for (const method of ['exchange', 'aside'] as const) {
    it(`keeps what stands where theirs goes back, though it may be ours by its content, by ${method}`, () => {
      const rig = new Rig(methods[method])
      const after = file('new')
      const slot = method === 'exchange' ? `in-${after.digest}-000000001-000` : 'out-000000001-000'
      rig.person.write(`../work/slots/${slot}`, 'theirs')
      rig.person.write('a', 'new')
      const line = { path: 'a', expected: file('old'), why: 'replaced', group: 'g', slot, after }
      rig.person.write('../work/journal', `\n${JSON.stringify(line)}\n`)
      rig.restart()
      assert.deepEqual(look(rig), { a: '644 theirs' })
      assert.deepEqual(rig.trashed(), ['recovered a new'])
      assert.deepEqual(
        rig.recovered.map(each => `${each.what} ${each.path}`),
        ['returned a'],
      )
    })
  }

  it('drops what is ours and nothing else', () => {
    const rig = new Rig()
    const { digest } = file('content')
    for (const [slot, content] of [
      [`part-${digest}-000000001-000`, 'cont'],
      [`in-${digest}-000000001-001`, 'content'],
      [`in-${digest}-000000001-002`, 'theirs'],
      ['out-000000001-003', 'content'],
      ['something', 'else'],
    ] as const) {
      rig.person.write(`../work/slots/${slot}`, content)
    }
    rig.restart()
    assert.deepEqual(rig.slots(), [])
    assert.deepEqual(rig.trashed().toSorted(), ['recovered  content', 'recovered  else', 'recovered  theirs'])
  })

  it('leaves in its slot what the disk refuses, and tries again at the next start', async () => {
    const rig = new Rig()
    rig.person.write('a', 'old')
    const { faults } = rig.process
    faults.trace = line => {
      if (line.includes(' rename a')) faults.crashAt(faults.calls, 'after')
    }
    await dies(() => rig.apply([put('a', file('old'), file('new'))], ['new']))
    assert.equal(rig.slots().length, 1)
    rig.restart(process => {
      process.faults.trace = line => {
        if (line.includes(' rename in-')) process.faults.failAt(process.faults.calls, 'EIO')
      }
    })
    assert.deepEqual(
      rig.recovered.map(each => each.what),
      ['left'],
    )
    assert.equal(rig.slots().length, 1)
    rig.restart()
    assert.deepEqual(rig.trashed(), ['replaced a old'])
  })

  it('knows the path of what was captured after a power cut, however long it is', async () => {
    for (const path of [
      'a',
      'näme with % and \udcff',
      'n'.repeat(60),
      'n'.repeat(160),
      `${'n'.repeat(255)}/${'m'.repeat(255)}`,
    ]) {
      for (const method of methodNames) {
        for (let seed = 0; seed < 12; seed++) {
          const rig = new Rig(methods[method], seed)
          if (path.includes('/')) rig.person.mkdir(parentOf(path))
          rig.person.write(path, 'old')
          rig.settleDisk()
          await rig.apply([seed % 2 === 0 ? put(path, file('old'), file('new')) : remove(path, file('old'))], ['new'])
          rig.cutPower(seed)
          rig.restart()
          const stands = rig.person.text(path) === 'old'
          assert.ok(stands || rig.trashed().some(item => item.endsWith(` ${path} old`)), `${method}, seed ${seed}`)
          assert.ok(rig.trash().every(item => item.path === path))
        }
      }
    }
  })

  it('lists what lost its line in the trash, though there is more to come there', async () => {
    const rig = new Rig()
    rig.person.write('a', 'old')
    await rig.apply([put('a', file('old'), file('new'))], ['new'])
    rig.person.write('../work/trash.jsonl', '')
    rig.person.write('../work/slots/out-000000001-000-d%2fb', 'theirs')
    rig.restart()
    assert.deepEqual(rig.trashed().toSorted(), ['recovered a old', 'recovered d/b theirs'])
    assert.deepEqual(
      rig.recovered.map(each => `${each.what} ${each.path}`),
      ['trashed a', 'trashed d/b'],
    )
    rig.restart()
    assert.equal(rig.trash().length, 2)
  })

  it('knows nothing of a damaged journal, and loses nothing', () => {
    for (const journal of [
      'garbage',
      '\n{"slot":7}\n',
      '\n{"path":"../x","slot":"out-000000001-000"}\n',
      '\n{"copying":"x","path":"a"}\n',
    ]) {
      const rig = new Rig()
      rig.person.write('../work/slots/out-000000001-000', 'theirs')
      rig.person.write('../work/journal', journal)
      rig.restart()
      assert.deepEqual(rig.trashed(), ['recovered  theirs'])
    }
  })
})

for (const method of methodNames) {
  describe(`a process killed in an operation, by ${method}`, () => {
    for (const scenario of scenarios) {
      it(`${scenario.says}: at every call, and at every call of the recovery`, async () => {
        const ends = await endsOf(method, scenario)
        const isDeep = method === 'exchange' || method === 'aside' || scenario.says === 'replace a file'
        for (let call = 1; call < callsLimit; call++) {
          let died = true
          for (let again = isDeep ? 1 : callsLimit - 1; again < callsLimit && died; again++) {
            const rig = begin(method, scenario)
            rig.process.faults.crashAt(rig.process.faults.calls + call)
            if (!(await dies(() => rig.apply([scenario.operation], scenario.contents)))) return
            died = recoverDying(rig, again)
            check(rig, scenario, ends)
          }
        }
        assert.fail('the operation never came to its end')
      })

      it(`${scenario.says}: power cut at every call`, async () => {
        const ends = await endsOf(method, scenario)
        for (let call = 1; call < callsLimit; call++) {
          let died = false
          for (let seed = 1; seed <= 6; seed++) {
            const rig = begin(method, scenario, seed)
            rig.process.faults.crashAt(rig.process.faults.calls + call)
            died = await dies(() => rig.apply([scenario.operation], scenario.contents))
            rig.cutPower(seed * 1000 + call)
            rig.restart()
            try {
              check(rig, scenario, ends)
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
