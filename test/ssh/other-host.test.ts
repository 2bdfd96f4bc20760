import assert from 'node:assert/strict'
import { it } from 'node:test'
import { providers, sshHosts } from '../hosts/ssh-hosts.ts'
import { parsed } from '../pipe/pair.ts'
import { until } from '../pipe/until.ts'
import { HostPair } from './ssh-pair.ts'

const docker = providers().find(({ name }) => name === 'docker')
const skip = docker === undefined ? 'only containers have dsync installed' : docker.skip

interface Said {
  readonly code: number
  readonly text: string
}

interface Status {
  readonly status: readonly { readonly state: string; readonly root: string; readonly lastSyncAt: number }[]
  readonly daemon: { readonly hub?: { readonly name: string; readonly state: string }; readonly asOf?: number }
}

it('somebody sits at the other host, hub or not', { skip, timeout: 300_000 }, async t => {
  const set = await sshHosts(t, 'docker', 2)
  const pair = await HostPair.between(set)
  t.after(() => pair.close())
  const { hub, other } = pair
  /** What is typed there. Both streams in one; the exit code comes last. */
  const typed = async (line: string): Promise<Said> => {
    const said = await other.run(`/opt/dsync/bin/dsync ${line} </dev/null 2>&1; printf '\\001%s' $?`)
    const [text = '', code = ''] = said.split('\x01')
    return { code: Number(code), text }
  }
  const ok = async (line: string): Promise<string> => {
    const { code, text } = await typed(line)
    assert.equal(code, 0, `${line}: ${text}`)
    return text
  }
  const status = async (): Promise<Status> => parsed(await ok('status --json')) as Status
  const isAway = async (): Promise<boolean> => (await status()).daemon.hub?.state === 'away'
  const reads = async (host: typeof hub, path: string): Promise<string> => String(await host.read(path))

  await hub.write('project/notes.txt', 'one\n')
  await pair.start()
  await pair.ok('sync')

  await t.test('sees what the hub sees, from its side', async () => {
    // What the hub calls it comes with the first news of that hub.
    let text = ''
    await until('it has heard from its hub', async () => (text = await ok('status')).startsWith('dsync on twin, '))
    assert.match(text, /^dsync on twin, no daemon runs here/)
    assert.match(text, /The hub is host-a, and it is there\./)
    assert.match(text, /~\/project +host-a \(ssh(, [\d.]+ ms)?\) +watching/)
    const [root] = (await status()).status
    assert.equal(root?.root, `${other.home}/project`)
  })

  await t.test('makes a conflict and ends it, mine being what stands there', async () => {
    await ok('pause')
    await hub.write('project/notes.txt', 'from the hub\n')
    await other.write('project/notes.txt', 'from here\n')
    await ok('resume')
    assert.equal((await typed('sync')).code, 3)
    assert.match(await ok('conflicts'), /notes\.txt[^]*twin[^]*host-a/)
    assert.match((await typed('diff project/notes.txt')).text, /from here[^]*from the hub/)
    await ok('resolve project/notes.txt --mine --yes')
    await ok('sync')
    assert.equal(await reads(hub, 'project/notes.txt'), 'from here\n')
    // What the hub had is in its trash, which is asked from here too.
    assert.match(await ok('trash'), /host-a +conflict-loser/)
  })

  await t.test('starts the small daemon, and brings back a file while the hub is away', async () => {
    // In one step: a slow machine would give the empty file a version of its own.
    await hub.run("printf 'newer\\n' > newer && mv newer project/notes.txt")
    await pair.ok('sync')
    await ok('start')
    assert.match(await ok('start'), /runs already/)
    await pair.killDaemon()
    await until('the hub is away', isAway)
    assert.match(await ok('status'), /host-a, which is away and was last heard of [^]*disconnected/)
    assert.match(await ok('trash'), /twin +replaced[^]*host-a does not answer/)
    assert.equal((await typed('sync')).code, 5)
    await ok('undo project/notes.txt')
    assert.equal(await reads(other, 'project/notes.txt'), 'from here\n')
    assert.equal(await reads(hub, 'project/notes.txt'), 'newer\n')
  })

  await t.test('sees it travel when the hub is back', async () => {
    await pair.start()
    await until('the hub answers there', async () => !(await isAway()))
    await ok('sync')
    assert.equal(await reads(hub, 'project/notes.txt'), 'from here\n')
    assert.match(await ok('conflicts'), /No conflicts/)
  })

  await t.test('hears within seconds that the network is gone, and that it is back', async () => {
    await other.cutNetwork('drop')
    await until('the hub is away', isAway, 30_000)
    await other.healNetwork()
    await until('the hub answers there', async () => !(await isAway()), 45_000)
    await ok('sync')
  })
})
