import { mkdtempSync, realpathSync } from 'node:fs'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { makeDirectory } from './changes.ts'
import type { Figures } from './figures.ts'
import { Report, shown, verdictOf } from './figures.ts'
import { firstCopy } from './first-copy.ts'
import { build, copyKit } from './kit.ts'
import { goesWithBench } from './leftovers.ts'
import type { Around } from './measurements.ts'
import { measureEdits, measureFloor, measureNewFiles, measureRename, measureRest, spreadPaths } from './measurements.ts'
import { Comparison } from './ssh/comparison.ts'
import { measureOverSsh, sshNames } from './ssh/over-ssh.ts'
import { peerNames } from './ssh/peer.ts'
import { measureShellStart } from './shell-start.ts'
import { Stage } from './stage.ts'
import { measureStartUp } from './start-up.ts'

/** `--only` takes these. */
const names = ['floor', 'start', 'shell', 'copy', 'rest', 'edits', 'new', 'rename', 'wide'] as const

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    files: { type: 'string', multiple: true },
    kit: { type: 'string' },
    ssh: { type: 'boolean', default: false },
    peers: { type: 'string' },
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

function wanted(name: string): boolean {
  return values.only === undefined || values.only.includes(name)
}

/** The names that were given of those that there are; all when none were given. */
function chosen<Known extends string>(
  what: string,
  known: readonly Known[],
  given?: readonly string[],
): readonly Known[] {
  const unknown = given?.find(name => !known.some(each => each === name))
  if (unknown !== undefined) throw new Error(`${what} has no ${unknown}: ${known.join(', ')}`)
  return known.filter(name => given === undefined || given.includes(name))
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
    const small = Array.from({ length: 20 }, (_, index) => `ten-${index}`)
    for (const name of small) makeDirectory(join(stage.alpha, name), 10)
    makeDirectory(join(stage.alpha, 'wide'), wideFiles)
    await stage.start()
    await stage.addRoot()
    for (const [directories, files, what] of [
      [small, 10, 'in directories of ten'],
      [['wide'], 200, `in a directory of ${wideFiles.toLocaleString('en')}`],
    ] as const) {
      const names = Array.from({ length: files }, (_, index) => `file-${index}.txt`)
      const paths = directories.flatMap(directory => names.map(name => `${directory}/${name}`))
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
  if (wanted('shell')) measureShellStart(kit, around)
  if (wanted('start')) {
    const stage = new Stage(kit)
    try {
      await stage.start()
      await stage.addRoot()
      measureStartUp(stage, kit, around)
    } finally {
      await stage.close()
    }
  }
  const needsTrees = names.some(name => !['floor', 'start', 'shell', 'wide'].includes(name) && wanted(name))
  if (needsTrees) for (const files of sizes) await atSize(kit, files, floor)
  if (wanted('wide') && !values.quick) await inWideDirectory(kit, floor)
}

/** dsync beside its peers over ssh. Returns what `--json` adds. */
async function measureSsh(kit: string): Promise<object> {
  const comparison = new Comparison(report)
  const treeSizes = values.files?.map(Number) ?? (values.quick ? [1000, 10_000] : [10_000, 100_000])
  const peers = await measureOverSsh({
    comparison,
    kit,
    peers: chosen('--peers', peerNames, values.peers?.split(',')),
    sizes: treeSizes,
    mainSize: treeSizes.includes(10_000) ? 10_000 : (treeSizes[0] ?? 0),
    largeBytes: values.quick ? 2 ** 28 : 2 ** 30,
    runs: around.runs,
    editCount: around.editCount,
    wanted,
  })
  report.say(`\n${comparison.table([...peers, 'floor'])}\n`)
  return { compared: comparison.compared() }
}

chosen('--only', values.ssh ? sshNames : names, values.only)
if (values.kit === undefined) build()
const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-bench-kit-')))
goesWithBench(temporary)
let more: object = {}
const begun = performance.now()
report.say(
  `${cpus().length} × ${cpus()[0]?.model}, ${shown(totalmem() / 2 ** 30)} GiB, node ${process.version}, load ${loadavg().map(shown).join(' ')}`,
)
const kit = copyKit(values.kit, join(temporary, 'kit'))
if (values.ssh) more = await measureSsh(kit)
else await measureAll(kit)
const verdicts = report.lines.map(verdictOf)
const count = (verdict: string): number => verdicts.filter(each => each === verdict).length
report.say(`${count('pass')} pass, ${count('falls short')} fall short, ${shown((performance.now() - begun) / 1000)} s`)
if (values.json)
  console.log(JSON.stringify({ lines: report.lines.map(line => ({ ...line, verdict: verdictOf(line) })), ...more }))
