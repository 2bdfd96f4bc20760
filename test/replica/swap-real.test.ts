import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Content, Operation } from '../../lib/core/operation.ts'
import type { DiskAbilities } from '../../lib/ports/disk.ts'
import type { Carried } from '../../lib/replica/carried.ts'
import { loadNative } from '../../lib/replica/disk/native.ts'
import { openDisk } from '../../lib/replica/disk/open-disk.ts'
import { probe } from '../../lib/replica/disk/probe.ts'
import { staysInside } from '../../lib/replica/look.ts'
import { Operator } from '../../lib/replica/operations.ts'
import { recover } from '../../lib/replica/recovery.ts'
import { Staging } from '../../lib/replica/staging.ts'
import { systemClock } from '../../lib/replica/system-clock.ts'
import { trashName } from '../../lib/replica/trash-name.ts'
import type { Work } from '../../lib/replica/work.ts'
import { closeWork, openWork } from '../../lib/replica/work.ts'
import { Crash, Faults } from '../sim/faults.ts'
import { FaultyDisk } from './faulty-disk.ts'
import { contentMap, file, folder, move, put, remove, symlink } from './rig.ts'

const native = loadNative()

/** What the probe may find, and what it finds without native calls or links. */
const lesser: Readonly<Record<string, Partial<DiskAbilities>>> = {
  'as the disk can': {},
  'by exclusive renames': { exchange: false },
  'by links': { exchange: false, exclusiveRename: false },
  'by copies': { exchange: false, exclusiveRename: false, hardLinks: false },
}

/** A root and a work area in a folder of their own. */
class RealRig {
  readonly folder: string
  readonly faults = new Faults()
  readonly abilities: DiskAbilities
  #work: Work | undefined
  #operator: Operator | undefined

  constructor(base: string, less: Partial<DiskAbilities>) {
    this.folder = fs.mkdtempSync(join(base, 'rig-'))
    fs.mkdirSync(this.at('root'))
    for (const name of ['', 'slots', 'trash', 'copies', 'fence']) fs.mkdirSync(this.at(`work/${name}`))
    this.abilities = { ...probed(base), ...less }
  }

  at(path: string): string {
    return join(this.folder, path)
  }

  async apply(operations: readonly Operation[], contents: ReadonlyMap<string, Content>): Promise<Carried[]> {
    const operator = (this.#operator ??= this.#start())
    await operator.prepare(operations, contents, () => Promise.resolve())
    const carried = operations.map(operation => operator.carryOut(operation, { group: 'g', why: undefined }))
    operator.end()
    return carried
  }

  #start(): Operator {
    const root = new FaultyDisk(openDisk(this.at('root'), { native }), this.faults)
    const area = new FaultyDisk(openDisk(this.at('work'), { native }), this.faults)
    const work = openWork(area, { abilities: this.abilities, clock: systemClock })
    this.#work = work
    return new Operator({
      ...{ root, work, staging: new Staging(work), allowsLink: staysInside, sourceTimes: false },
      known: () => undefined,
      isKnownDirectory: () => true,
    })
  }

  /** Another process comes after the one that died. */
  recover(): string[] {
    if (this.#work !== undefined) closeWork(this.#work)
    const work = openWork(openDisk(this.at('work'), { native }), { abilities: this.abilities, clock: systemClock })
    this.#work = work
    recover(openDisk(this.at('root'), { native }), work)
    return work.trash
      .list(undefined, 100)
      .map(item => `${item.why} ${item.path} ${this.look(`work/trash/${trashName(item)}`)}`)
  }

  look(path: string): string {
    const stats = fs.lstatSync(this.at(path), { throwIfNoEntry: false })
    if (stats === undefined) return ''
    if (stats.isSymbolicLink()) return `-> ${fs.readlinkSync(this.at(path))}`
    return stats.isDirectory() ? '/' : `${(stats.mode & 0o777).toString(8)} ${fs.readFileSync(this.at(path), 'utf8')}`
  }

  close(): void {
    if (this.#work !== undefined) closeWork(this.#work)
    fs.rmSync(this.folder, { recursive: true })
  }
}

let abilities: DiskAbilities | undefined

/** What the disk can do, asked once. */
function probed(base: string): DiskAbilities {
  fs.mkdirSync(join(base, 'probe'), { recursive: true })
  const disk = openDisk(join(base, 'probe'), { native })
  return (abilities ??= probe(disk, disk))
}

interface Row {
  readonly says: string
  readonly given: (rig: RealRig) => void
  readonly operation: Operation
  readonly before: string
  readonly after: string
  readonly trash: readonly string[]
  /** The process dies at every call in turn. */
  readonly dies?: true
}

function whenDead(error: unknown): undefined {
  if (!(error instanceof Crash)) throw error
}

const write = (rig: RealRig): void => fs.writeFileSync(rig.at('root/a'), 'old', { mode: 0o644 })

const rows: readonly Row[] = [
  {
    says: 'create a file',
    given: () => {},
    operation: put('a', undefined, file('new', 0o755)),
    before: '',
    after: '755 new',
    trash: [],
  },
  {
    says: 'create a link',
    given: () => {},
    operation: put('a', undefined, symlink('x')),
    before: '',
    after: '-> x',
    trash: [],
  },
  {
    says: 'create a directory',
    given: () => {},
    operation: put('a', undefined, folder()),
    before: '',
    after: '/',
    trash: [],
  },
  {
    says: 'replace a file',
    given: write,
    operation: put('a', file('old'), file('new', 0o600)),
    before: '644 old',
    after: '600 new',
    trash: ['replaced a 644 old'],
    dies: true,
  },
  {
    says: 'replace a file by a link',
    given: write,
    operation: put('a', file('old'), symlink('x')),
    before: '644 old',
    after: '-> x',
    trash: ['replaced a 644 old'],
  },
  {
    says: 'remove a file',
    given: write,
    operation: remove('a', file('old')),
    before: '644 old',
    after: '',
    trash: ['deleted a 644 old'],
  },
  {
    says: 'remove a directory',
    given: rig => fs.mkdirSync(rig.at('root/a'), 0o755),
    operation: remove('a', folder()),
    before: '/',
    after: '',
    trash: ['deleted a '],
  },
  {
    says: 'move a directory',
    given: rig => fs.mkdirSync(rig.at('root/from')),
    operation: move('from', 'a'),
    before: '',
    after: '/',
    trash: [],
  },
]

describe('operations on a real disk', () => {
  let base = ''
  before(() => {
    base = fs.mkdtempSync(join(tmpdir(), 'dsync-swap-'))
  })
  after(() => fs.rmSync(base, { recursive: true }))

  for (const [how, less] of Object.entries(lesser)) {
    for (const row of rows) {
      it(`${row.says}, ${how}: whole, and whenever the process dies`, async () => {
        const umask = process.umask(0o022)
        try {
          let isOver = false
          for (let call = row.dies === true ? 1 : 1000; !isOver; call++) {
            const rig = new RealRig(base, less)
            row.given(rig)
            rig.faults.crashAt(call)
            const result = await rig.apply([row.operation], contentMap(['new'])).catch(whenDead)
            const trash = rig.recover()
            const stands = rig.look('root/a')
            assert.ok(stands === row.before || stands === row.after, `call ${call}: ${stands}`)
            if (stands !== row.before) assert.deepEqual(trash, row.trash, `call ${call}`)
            assert.deepEqual(fs.readdirSync(rig.at('work/slots')), [])
            rig.close()
            isOver = result !== undefined
            if (isOver) assert.deepEqual([result?.[0]?.outcome.result, stands], ['done', row.after])
          }
        } finally {
          process.umask(umask)
        }
      })
    }
  }

  it('take some hundred microseconds each', async t => {
    const rig = new RealRig(base, {})
    const micros: number[] = []
    for (let i = 0; i < 30; i++) {
      const operation = put('a', i === 0 ? undefined : file(`${i - 1}`), file(`${i}`))
      const begun = performance.now()
      const [carried] = await rig.apply([operation], contentMap([`${i}`]))
      micros.push((performance.now() - begun) * 1000)
      assert.equal(carried?.outcome.result, 'done')
    }
    micros.sort((a, b) => a - b)
    t.diagnostic(
      `replacing a small file, made durable first: median ${Math.round(micros[15] ?? 0)} µs, best ${Math.round(micros[0] ?? 0)} µs`,
    )
    rig.close()
  })
})
