import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Figures } from './figures.ts'
import { Report, shown, verdictOf } from './figures.ts'
import { firstCopy } from './first-copy.ts'
import { build, copyKit } from './kit.ts'
import type { Around } from './measurements.ts'
import {
  makeDirectory,
  measureEdits,
  measureFloor,
  measureNewFiles,
  measureRename,
  measureRest,
  spreadPaths,
} from './measurements.ts'
import { Stage } from './stage.ts'

/** `--only` takes these. */
const names = ['floor', 'copy', 'rest', 'edits', 'new', 'rename', 'wide'] as const
type Name = (typeof names)[number]

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    files: { type: 'string', multiple: true },
    kit: { type: 'string' },
  },
})

/** The widest directory of the npm packages that are tested with: @mui/icons-material. */
const wideFiles = 43_008

/** Files whose figures a tree of a million shows differ: one of their content is 4.3 GB. */
const meanBytes = (files: number): number => (files > 100_000 ? 400 : 4400)

const sizes =
  values.files?.map(Number) ??
  (values.quick ? [1000, 10_000] : [1000, 10_000, 100_000, ...(values.full ? [1_000_000] : [])])
const report = new Report(text => void (values.json ? process.stderr : process.stdout).write(`${text}\n`))
const around: Around = { report, runs: values.quick ? 1 : 3, editCount: values.quick ? 100 : 300 }

function wanted(name: Name): boolean {
  return values.only === undefined || values.only.includes(name)
}

/** Everything that is measured in a tree of so many files. */
async function atSize(kit: string, files: number, floor: Figures | undefined): Promise<void> {
  const what = `${files.toLocaleString('en')} files`
  const shape = { files, meanBytes: meanBytes(files) }
  const compare = wanted('copy') && files <= 100_000 && files >= 10_000
  const stage = await firstCopy(kit, shape, { report, compare, runs: compare && files <= 10_000 ? around.runs : 1 })
  try {
    if (wanted('rest') && files >= 10_000)
      await measureRest(stage, what, { ...around, aim: files === 100_000 ? 150 : undefined })
    if (wanted('edits')) await measureEdits(stage, what, { ...around, paths: spreadPaths(files), floor })
    if (files !== 10_000) return
    if (wanted('new')) await measureNewFiles(stage, around)
    if (wanted('rename'))
      for (const count of values.quick ? [1000] : [1000, 20_000]) await measureRename(stage, count, around)
  } finally {
    await stage.close()
  }
}

/** An edit in a very wide directory beside one in a directory of ten. */
async function inWideDirectory(kit: string, floor: Figures | undefined): Promise<void> {
  const stage = new Stage(kit)
  try {
    makeDirectory(join(stage.alpha, 'ten'), 10)
    makeDirectory(join(stage.alpha, 'wide'), wideFiles)
    await stage.start()
    await stage.addRoot()
    for (const [directory, what] of [
      ['ten', 'in a directory of ten'],
      ['wide', `in a directory of ${wideFiles.toLocaleString('en')}`],
    ] as const) {
      const paths = Array.from({ length: 10 }, (_, index) => `${directory}/file-${index}.txt`)
      await measureEdits(stage, what, { ...around, paths, floor })
    }
  } finally {
    await stage.close()
  }
}

async function measureAll(kit: string): Promise<void> {
  let floor: Figures | undefined
  if (wanted('floor')) {
    const stage = new Stage(kit)
    try {
      floor = await measureFloor(stage, around)
    } finally {
      await stage.close()
    }
  }
  const needsTrees = names.some(name => name !== 'floor' && name !== 'wide' && wanted(name))
  if (needsTrees) for (const files of sizes) await atSize(kit, files, floor)
  if (wanted('wide') && !values.quick) await inWideDirectory(kit, floor)
}

const unknown = values.only?.find(name => !names.some(known => known === name))
if (unknown !== undefined) throw new Error(`Nothing to measure is called ${unknown}: ${names.join(', ')}`)
if (values.kit === undefined) build()
const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-bench-kit-')))
const begun = performance.now()
try {
  report.say(
    `${cpus().length} × ${cpus()[0]?.model}, ${shown(totalmem() / 2 ** 30)} GiB, node ${process.version}, load ${loadavg().map(shown).join(' ')}`,
  )
  await measureAll(copyKit(values.kit, join(temporary, 'kit')))
} finally {
  rmSync(temporary, { recursive: true, force: true })
}
const verdicts = report.lines.map(verdictOf)
const count = (verdict: string): number => verdicts.filter(each => each === verdict).length
report.say(`${count('pass')} pass, ${count('falls short')} fall short, ${shown((performance.now() - begun) / 1000)} s`)
if (values.json)
  console.log(JSON.stringify({ lines: report.lines.map(line => ({ ...line, verdict: verdictOf(line) })) }))
