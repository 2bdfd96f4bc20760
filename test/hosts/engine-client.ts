import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { places } from '../../scripts/provision/places.ts'
import { program } from '../../scripts/provision/programs.ts'
import type { Init, Ran } from './host.ts'
import type { ProgramOptions } from './program.ts'
import { ok, runProgram } from './program.ts'

const checkout = fileURLToPath(new URL('../..', import.meta.url))
const context = fileURLToPath(new URL('image', import.meta.url))

/** The label by which compose marks what belongs to a project. */
const label = 'com.docker.compose.project'

/** The engine that provisioning started, and its base image. */
const { socket, image: base } = places()

/** Only our engine is ever spoken to, whatever the surroundings say. BuildKit is left out: not every client has it. */
const environment = {
  ...process.env,
  DOCKER_HOST: `unix://${socket}`,
  DOCKER_BUILDKIT: '0',
  COMPOSE_DOCKER_CLI_BUILD: '0',
}

/** Why no hosts can run in an engine here, in one line; undefined when they can. */
export function engineLacks(): string | undefined {
  const missing = ['docker', 'ssh', 'ssh-keygen'].filter(name => program(name) === undefined)
  if (missing.length > 0) return `hosts in containers need ${missing.join(', ')}: npm run test:provision`
  const answers =
    existsSync(socket) && spawnSync('docker', ['image', 'inspect', base], { env: environment }).status === 0
  return answers ? undefined : 'hosts in containers need an engine of our own: npm run test:provision'
}

/** Runs `docker WORDS`, which must end with 0. */
export function docker(words: readonly string[], options?: ProgramOptions): Promise<Buffer> {
  return ok('docker', words, { ...options, env: environment })
}

/** The variables of one set of hosts, as `docker-compose.test.yml` reads them. */
export interface ComposeVariables {
  /** The public key that may log in. */
  readonly DSYNC_TEST_KEY: string
  /** The first three numbers of the addresses. */
  readonly DSYNC_TEST_NET: string
}

/** What compose reads for hosts with this first process. */
const composeFiles: Readonly<Record<Init, readonly string[]>> = {
  script: ['docker-compose.test.yml'],
  systemd: ['docker-compose.test.yml', 'test/hosts/systemd.yml'],
}

/** Runs compose for a project, old or new, whichever is here. */
export function compose(
  project: string,
  words: readonly string[],
  variables: ComposeVariables,
  init: Init = 'script',
): Promise<Ran> {
  const [command, before] = program('docker-compose') === undefined ? ['docker', ['compose']] : ['docker-compose', []]
  const files = composeFiles[init].flatMap(file => ['--file', join(checkout, file)])
  const env = { ...environment, ...variables, DSYNC_TEST_BASE: base, DSYNC_TEST_TAG: imageTag() }
  const all = [...before, ...files, '--project-name', project, ...words]
  return runProgram(command, all, { env, cwd: checkout, limitMs: 200_000 })
}

/** Whether the image of the hosts, as its sources are now, is built. */
export async function hasImage(): Promise<boolean> {
  const { code } = await runProgram('docker', ['image', 'inspect', `dsync-test-host:${imageTag()}`], {
    env: environment,
  })
  return code === 0
}

/** Names the image by what it is made of. */
function imageTag(): string {
  const hash = createHash('sha256').update(base)
  for (const name of readdirSync(context).toSorted()) hash.update(name).update(readFileSync(join(context, name)))
  return hash.digest('hex').slice(0, 12)
}

/** Removes the containers and networks of a project, running or not. */
export async function removeProject(project: string): Promise<void> {
  const filter = ['--filter', `label=${label}=${project}`]
  const lines = async (words: readonly string[]) => (await docker([...words, ...filter])).toString().split('\n')
  const containers = (await lines(['ps', '--all', '--quiet'])).filter(id => id !== '')
  if (containers.length > 0) await docker(['rm', '--force', '--volumes', ...containers])
  const networks = (await lines(['network', 'ls', '--quiet'])).filter(id => id !== '')
  if (networks.length > 0) await docker(['network', 'rm', ...networks])
}

/** The container of a host, by name. */
export async function containerOf(project: string, host: string): Promise<string> {
  const filters = [`label=${label}=${project}`, `label=com.docker.compose.service=${host}`]
  const words = filters.flatMap(filter => ['--filter', filter])
  return (await docker(['ps', '--quiet', '--no-trunc', ...words])).toString().trim()
}

/** What systemd says of its work in a container, such as `running`; else why it says nothing, in one line. */
export async function systemState(container: string): Promise<string> {
  const words = ['exec', container, 'systemctl', 'is-system-running']
  const { stdout, stderr } = await runProgram('docker', words, { env: environment })
  return (stdout.trim() || stderr.trim()).split('\n').at(-1) ?? ''
}

/** The number of the first process of a container on this machine. */
export async function firstProcess(container: string): Promise<number> {
  return Number((await docker(['inspect', '--format', '{{.State.Pid}}', container])).toString())
}
