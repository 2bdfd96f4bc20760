import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { SyncError } from '../core/errors.ts'
import type { ErrorCode } from '../core/errors.ts'
import type { HostFacts } from '../daemon/host-question.ts'
import { isRecord } from '../daemon/host-question.ts'
import type { KitHome } from '../daemon/kit-home.ts'
import { readPrivateFile, removePrivateFile, writePrivateFile } from '../daemon/private-file.ts'
import type { StartedHere } from '../daemon/program-there.ts'
import { programThere } from '../daemon/program-there.ts'
import { runEnd } from '../remote/run-end.ts'
import type { Way } from '../sync/session-spec.ts'
import { parsedJson } from '../daemon/parsed-json.ts'

/** A host that has a dsync of its own. */
export interface HostWithKit extends Pick<HostFacts, 'userHome' | 'kitHome'> {
  readonly name: string
  readonly way: Way
}

export interface ThereSurroundings {
  readonly home: KitHome
  readonly environment: Readonly<Record<string, string | undefined>>
  /** This very command, for a host that is a directory of this machine. */
  readonly dsyncCommand: readonly [string, ...string[]]
}

/** Most that is read of what it prints (bytes). */
const outputBytes = 1024 * 1024

/**
 * Runs a dsync command on another host, as its user, and reads the JSON it prints. Throws what the command said was
 * wrong, and why it could not be run.
 * @param waitMs after this it is given up
 */
export async function dsyncThere(
  host: HostWithKit,
  words: readonly string[],
  { around, waitMs }: { readonly around: ThereSurroundings; readonly waitMs: number },
): Promise<Readonly<Record<string, unknown>>> {
  const { way, userHome, kitHome, name } = host
  const program = way.kind === 'pipe' ? around.dsyncCommand : [join(kitHome, 'kit', 'current', 'bin', 'dsync')]
  const log = join(around.home.run, `ssh-${randomBytes(6).toString('hex')}.log`)
  const options = { environment: around.environment, isTerminal: false, log }
  const started = programThere({ way, directory: userHome, userHome }, [...program, ...words, '--json'], options)
  if (way.kind === 'pipe') return answerOf(name, await ran(started, waitMs))
  writePrivateFile(log, '')
  try {
    const end = await ran(started, waitMs)
    const meaning = runEnd(way, { pid: undefined, code: end.code, signal: null }, readPrivateFile(log) ?? '')
    if (typeof meaning === 'number') return answerOf(name, end)
    const { code, why, hint } = meaning
    throw new SyncError(code as ErrorCode, `Cannot run dsync on ${name}: ${why}`, hint === undefined ? {} : { hint })
  } finally {
    removePrivateFile(log)
  }
}

interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function ran({ command: [program, ...words], directory, environment }: StartedHere, waitMs: number): Promise<Ran> {
  const options = { env: environment, cwd: directory, timeout: waitMs, maxBuffer: outputBytes }
  return new Promise(resolve => {
    const child = execFile(program, words, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null
      resolve({ code, stdout, stderr: stderr === '' && error !== null ? error.message : stderr })
    })
    child.stdin?.end()
  })
}

function answerOf(name: string, { code, stdout, stderr }: Ran): Readonly<Record<string, unknown>> {
  const value = parsedJson(stdout)
  if (!isRecord(value)) {
    const [line = ''] = stderr.trim().split('\n')
    const why = code === 127 ? 'it has no dsync of its own' : line.slice(0, 500) || `it ended with ${code}`
    throw new SyncError('AGENT_FAILED', `Cannot run dsync on ${name}: ${why}`, {
      hint: `install it there, then dsync hosts check ${name}`,
    })
  }
  const error = value['error']
  if (!isRecord(error) || typeof error['message'] !== 'string') return value
  const hint = error['hint']
  throw new SyncError('REFUSED', `${name}: ${error['message'].slice(0, 4096)}`, {
    ...(typeof hint === 'string' && { hint: `on ${name}: ${hint.slice(0, 4096)}` }),
  })
}
