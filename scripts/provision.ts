#!/usr/bin/env node
/**
 * Shows what `npm test` could use on this machine and does not find; with `--yes`, or `CI=true`, installs it.
 * `--down` ends what it started. Exits with 1 when something could not be done.
 */
import { parseArgs } from 'node:util'
import { ProcessOutput, chalk } from 'zx'
import { baseTarball } from './provision/base-image.ts'
import { baseImage, engine, stopEngine } from './provision/engine.ts'
import { debianPackages } from './provision/packages.ts'
import type { Part } from './provision/part.ts'
import { places } from './provision/places.ts'

const usage = `Usage: npm run test:provision [-- --yes | --down]

Shows what npm test could use on this machine and does not find, a line each.

  --yes    install it (as root, on Debian and its kin); also with CI=true
  --down   end the Docker engine that it started, with every container in it
`

const here = places()

/** In the order in which one needs the other. */
const parts: readonly Part[] = [debianPackages, baseTarball(here), engine(here), baseImage(here)]

async function show(): Promise<readonly Part[]> {
  const missing: Part[] = []
  for (const part of parts) {
    const says = await part.missing()
    if (says === undefined) continue
    missing.push(part)
    console.log(`${chalk.yellow('·')} ${part.name}: ${says}`)
  }
  if (missing.length === 0) console.log('Nothing is missing: every suite of npm test can run here.')
  return missing
}

/** Makes what is missing, one after the other, and stops at the first that cannot be. */
async function install(missing: readonly Part[]): Promise<boolean> {
  for (const part of missing) {
    const started = performance.now()
    try {
      // What came before may have brought it back: an engine keeps its images.
      if ((await part.missing()) !== undefined) await part.make()
    } catch (error) {
      console.log(`${chalk.red('✖')} ${part.name}: ${reason(error)}`)
      return false
    }
    console.log(`${chalk.green('✔')} ${part.name.padEnd(20)} ${((performance.now() - started) / 1000).toFixed(1)} s`)
  }
  return true
}

/** The last thing a failed program said, or the message of an error. */
function reason(error: unknown): string {
  if (error instanceof ProcessOutput) return error.stdall.trimEnd().split('\n').at(-1) ?? `exit code ${error.exitCode}`
  return error instanceof Error ? error.message : String(error)
}

async function main(yes: boolean): Promise<void> {
  if (process.platform !== 'linux') {
    console.log('Nothing is installed here: hosts in containers need Linux. The tests use sshd on loopback instead.')
    return
  }
  const missing = await show()
  if (missing.length === 0) return
  const root = process.getuid?.() === 0
  if (!root) console.log('Only root can install these. Without them the tests that need them are skipped, and say so.')
  if (root && !yes) console.log('Install with: npm run test:provision -- --yes')
  if (yes && !(root && (await install(missing)))) process.exitCode = 1
}

const options = { yes: { type: 'boolean' }, down: { type: 'boolean' }, help: { type: 'boolean' } } as const
const { values } = parseArgs({ options })
if (values.help === true) console.log(usage)
else if (values.down === true) {
  console.log(
    (await stopEngine(here)) ? 'The Docker engine of the tests is ended.' : 'No Docker engine of the tests runs.',
  )
} else await main(values.yes === true || process.env['CI'] === 'true')
