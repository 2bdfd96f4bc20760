import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Carried } from '../../lib/replica/carried.ts'
import type { SimWriter } from '../sim/user.ts'
import type { Method } from './rig.ts'
import { Rig, bytes, methodNames, methods } from './rig.ts'
import type { Scenario } from './scenarios.ts'
import { scenarios } from './scenarios.ts'

const path = 'd/a'

/** A person at work on the path, who knows which contents are theirs to lose. */
class Person {
  readonly rig: Rig
  /** Contents that must be somewhere in the end. */
  readonly owed = new Set<string>()
  /** What the person saved last, if that was the last thing they did. */
  newest: string | undefined
  changedOldMode = false
  removedNew = false
  /** The operation has come to an end. */
  isOver = false
  #writer: SimWriter | undefined

  constructor(rig: Rig, old: string | undefined) {
    this.rig = rig
    if (old !== undefined && !old.startsWith('->')) this.owed.add(old)
  }

  /** Like most editors: a new file renamed over the old one. */
  save(content: string): void {
    const { person } = this.rig
    if (person.find('d') === undefined || this.#isDirectory()) return
    this.#destroys()
    person.write('d/tmp', content)
    person.mv('d/tmp', path)
    this.#owes(content)
  }

  /** Like the shell: emptied and written. */
  overwrite(content: string): void {
    if (
      this.rig.person.find('d') === undefined ||
      this.#isDirectory() ||
      this.rig.person.find(path)?.kind === 'symlink'
    )
      return
    this.#destroys()
    this.rig.person.write(path, content)
    this.#owes(content)
  }

  remove(): void {
    this.removedNew = this.rig.person.text(path) === 'new content'
    this.#destroys()
    this.rig.person.rm(path)
    this.newest = undefined
  }

  /** Another thing under the same name. */
  becomeDirectory(content: string): void {
    this.remove()
    this.rig.person.mkdir(path)
    this.rig.person.write(`${path}/inside`, content)
    this.owed.add(content)
  }

  becomeLink(): void {
    this.remove()
    this.rig.person.symlink('theirs', path)
  }

  chmod(): void {
    if (this.rig.person.find(path)?.kind !== 'file') return
    this.changedOldMode = this.rig.person.text(path) === 'old content!'
    this.rig.person.chmod(path, 0o600)
  }

  openToWrite(): void {
    if (this.rig.person.find(path)?.kind === 'file') this.#writer = this.rig.person.open(path, 'append')
  }

  /** What is written into what was opened before, wherever that is now. */
  writeOn(content: string): void {
    if (this.#writer === undefined) return
    const before = new TextDecoder().decode(this.#writer.file.inode.data)
    // What it was is theirs to destroy as long as it was not taken away from them.
    if (!this.isOver || this.rig.person.find(path) === this.#writer.file.inode) this.owed.delete(before)
    this.#writer.write(bytes(content))
    this.owed.add(before + content)
    if (this.newest === before) this.newest = before + content
    this.#writer.close()
  }

  #destroys(): void {
    const standing = this.rig.person.text(path)
    if (standing === undefined) return
    this.owed.delete(standing)
    // A copy that is being made stands for the whole.
    if (!this.rig.abilities.hardLinks)
      for (const content of this.owed) if (content.startsWith(standing)) this.owed.delete(content)
  }

  #owes(content: string): void {
    this.owed.add(content)
    this.newest = content
  }

  #isDirectory(): boolean {
    return this.rig.person.find(path)?.isDirectory === true
  }
}

interface Deed {
  readonly says: string
  /** What happens at the chosen call, and at the second chosen one. */
  readonly first: (person: Person) => void
  readonly second?: (person: Person) => void
  /** What happens when the operation is over. */
  readonly last?: (person: Person) => void
  /** It writes into the file that stands there. */
  readonly inPlace?: true
}

const deeds: readonly Deed[] = [
  { says: 'saves', first: person => person.save('first save') },
  { says: 'overwrites', first: person => person.overwrite('first save'), inPlace: true },
  {
    says: 'overwrites with as many bytes as were there',
    first: person => person.overwrite('OLD CONTENT!'),
    inPlace: true,
  },
  { says: 'removes it', first: person => person.remove() },
  { says: 'makes a directory of it', first: person => person.becomeDirectory('inside') },
  { says: 'makes a link of it', first: person => person.becomeLink() },
  { says: 'changes its mode', first: person => person.chmod() },
  { says: 'saves twice', first: person => person.save('first save'), second: person => person.save('second save') },
  {
    says: 'overwrites twice',
    first: person => person.overwrite('first save'),
    second: person => person.overwrite('second'),
    inPlace: true,
  },
  { says: 'saves, then removes it', first: person => person.save('first save'), second: person => person.remove() },
  {
    says: 'saves, opens what stands there, and writes later',
    first: person => person.save('first save'),
    second: person => person.openToWrite(),
    last: person => person.writeOn(' and more'),
    inPlace: true,
  },
  {
    says: 'opens it and writes later',
    first: person => person.openToWrite(),
    second: person => person.writeOn(' and more'),
    inPlace: true,
  },
]

const callsLimit = 120

/** Does the deed at a call of the operation (the second half `gap` calls later, or at the end). False: the operation was over before. */
async function race(
  method: Method,
  scenario: Scenario,
  deed: Deed,
  at: { call: number; gap: number; certain: boolean },
): Promise<boolean> {
  const rig = new Rig(methods[method])
  rig.person.mkdir('d')
  scenario.given(rig.person)
  if (at.certain) rig.know(path)
  const person = new Person(rig, scenario.old)
  const { faults } = rig.process
  const left = [deed.first, ...(deed.second === undefined ? [] : [deed.second])]
  const half = (): void => left.shift()?.(person)
  const start = faults.calls
  faults.at(start + at.call, half)
  faults.at(start + at.call + at.gap, half)
  const [carried] = await rig.apply([scenario.operation], scenario.contents)
  const happened = left[0] !== deed.first
  person.isOver = true
  if (happened) {
    half()
    deed.last?.(person)
  }
  left.length = 0
  checkRace(rig, person, carried)
  if (person.removedNew && deed.says === 'removes it' && method !== 'copy')
    assert.equal(rig.person.find(path), undefined, 'and stays removed')
  if (carried?.outcome.result === 'done' && scenario.old !== undefined) {
    const isFound = person.newest !== undefined && deed.inPlace !== true
    if (isFound)
      assert.ok(
        rig.trashed().some(item => item.endsWith(` ${path} ${scenario.old}`)),
        'done means that the expected version was there',
      )
    if (!scenario.says.includes('mode')) assert.ok(!person.changedOldMode, 'with the expected mode')
  }
  rig.restart()
  checkRace(rig, person, undefined)
  assert.deepEqual(rig.slots(), [])
  return happened
}

function checkRace(rig: Rig, person: Person, carried: Carried | undefined): void {
  const kept = [...rig.files().values(), ...rig.trashTexts().values()]
  for (const content of person.owed) assert.ok(kept.includes(content), `${content} is kept: ${kept.join(', ')}`)
  const stands = rig.person.find(path)?.stat()
  if (carried?.stat !== undefined && carried.stat.ctimeMs === stands?.ctimeMs && carried.stat.inode === stands.inode) {
    assert.equal(person.newest, undefined, 'only what is ours is recorded as certain')
  }
  if (person.newest !== undefined)
    assert.equal(rig.person.text(path), person.newest, 'what was saved last stands there')
}

for (const method of methodNames) {
  describe(`somebody is at the path, by ${method}`, () => {
    for (const scenario of scenarios.filter(each => !each.says.includes('directory'))) {
      for (const deed of deeds) {
        // A copy is there before it is whole, and who writes into it then spoils it.
        if (method === 'copy' && deed.inPlace === true) continue
        it(`${scenario.says}: ${deed.says} at any instant`, async () => {
          const gaps =
            deed.second === undefined
              ? [1]
              : method === 'exchange' || method === 'aside'
                ? [1, 2, 4, 7, 11, 17]
                : [3, 9]
          for (const certain of deed.second === undefined ? [true, false] : [true]) {
            for (const gap of gaps) {
              for (let call = 1; call < callsLimit; call++) {
                try {
                  if (!(await race(method, scenario, deed, { call, gap, certain }))) break
                } catch (error) {
                  throw new Error(`call ${call}, gap ${gap}, certain ${certain}`, { cause: error })
                }
              }
            }
          }
        })
      }
    }
  })
}
