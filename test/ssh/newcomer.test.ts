import assert from 'node:assert/strict'
import { it } from 'node:test'
import { openHosts, providers } from '../hosts/ssh-hosts.ts'
import { until } from '../pipe/until.ts'
import { Terminal } from './terminal.ts'

const docker = providers().find(({ name }) => name === 'docker')
const skip = docker === undefined ? 'only containers have dsync installed' : docker.skip

/** What begins a coloured text. */
const colour = '\x1B[3'

it('a newcomer between two hosts, at a real terminal', { skip, timeout: 300_000 }, async t => {
  const hosts = await openHosts('docker')
  t.after(() => hosts.close())
  const [here, there] = [hosts.host(0), hosts.host(1)]
  const reads = async (path: string): Promise<string> => String(await there.read(path))
  const terminal = await Terminal.open(here)

  await t.test('asks what there is, and misspells it', async () => {
    const help = await terminal.runs('dsync --help')
    assert.equal(help.code, 0)
    assert.match(help.text, /^\s+hosts add\b/m)
    const wrong = await terminal.runs('dsync stauts')
    assert.equal(wrong.code, 2)
    assert.match(wrong.text, /stauts.*\n?.*dsync status/)
  })

  await t.test('adds a host and a directory, and sees a first copy arrive', async () => {
    await here.run('mkdir project && echo one > project/notes.txt')
    const added = await terminal.runs(`dsync hosts add ${there.name}`)
    assert.equal(added.code, 0, added.text)
    const root = await terminal.runs('dsync roots add ~/project')
    assert.equal(root.code, 0, root.text)
    assert.equal((await terminal.runs('dsync start')).code, 0)
    const synced = await terminal.runs('dsync sync')
    assert.equal(synced.code, 0, synced.text)
    assert.equal(await reads('project/notes.txt'), 'one\n')
  })

  await t.test('edits on both hosts, and looks at the status in colour and without', async () => {
    await there.write('project/theirs.txt', 'theirs\n')
    assert.equal((await terminal.runs('echo two > project/notes.txt; dsync sync')).code, 0)
    assert.equal(await reads('project/notes.txt'), 'two\n')
    assert.equal(String(await here.read('project/theirs.txt')), 'theirs\n')
    const status = await terminal.runs('dsync status')
    assert.match(status.text, /~\/project +host-b \(ssh(, [\d.]+ ms)?\) +watching/)
    assert.match(status.text, /Nothing waits for you/)
    assert.ok(status.lines.length < 25)
    assert.ok((await terminal.coloured()).includes(colour))
    await terminal.runs('NO_COLOR=1 dsync status')
    assert.ok(!(await terminal.coloured()).includes(colour))
  })

  await t.test('pauses, makes a conflict, and is told of it', async () => {
    assert.equal((await terminal.runs('dsync pause')).code, 0)
    await there.write('project/notes.txt', 'from there\n')
    assert.equal((await terminal.runs('echo from here > project/notes.txt; dsync sync')).code, 7)
    assert.match((await terminal.runs('dsync status')).text, /paused[^]*dsync resume/)
    assert.equal((await terminal.runs('dsync resume')).code, 0)
    assert.equal((await terminal.runs('dsync sync')).code, 3)
    const listed = await terminal.runs('dsync conflicts')
    assert.match(listed.text, /notes\.txt[^]*dsync resolve/)
    const why = await terminal.runs('dsync why project/notes.txt')
    assert.match(why.text, /conflict/)
    const diff = await terminal.runs('dsync diff project/notes.txt')
    assert.equal(diff.code, 3)
    assert.match(diff.text, /from here[^]*from there/)
  })

  await t.test('resolves it, and takes that back', async () => {
    const resolved = await terminal.runs('dsync resolve project/notes.txt --mine')
    assert.equal(resolved.code, 0, resolved.text)
    assert.equal((await terminal.runs('dsync sync')).code, 0)
    assert.equal(await reads('project/notes.txt'), 'from here\n')
    const undone = await terminal.runs('dsync undo project/notes.txt; dsync sync')
    assert.equal(undone.code, 0, undone.text)
    assert.equal(await reads('project/notes.txt'), 'from there\n')
    assert.equal(String(await here.read('project/notes.txt')), 'from there\n')
  })

  await t.test('deletes something on the other host, and brings it back', async () => {
    await there.run('rm project/theirs.txt')
    assert.equal((await terminal.runs('dsync sync')).code, 0)
    assert.equal((await terminal.runs('cat project/theirs.txt')).code, 1)
    assert.match((await terminal.runs('dsync history project/theirs.txt')).text, /deleted/)
    assert.equal((await terminal.runs('dsync undo project/theirs.txt')).code, 0)
    assert.equal((await terminal.runs('dsync sync && dsync verify')).code, 0)
    assert.equal(await reads('project/theirs.txt'), 'theirs\n')
  })

  await t.test('pushes by hand: is shown what would change, says no, then yes', async () => {
    assert.equal((await terminal.runs('dsync pause')).code, 0)
    await there.write('project/theirs.txt', 'not wanted\n')
    await terminal.types('dsync push project')
    await terminal.sees(/replace +7 B +~\/project\/theirs\.txt[^]*\[y\/N\]/)
    await terminal.answers('n')
    assert.equal((await terminal.ends()).code, 130)
    assert.equal(await reads('project/theirs.txt'), 'not wanted\n')
    await terminal.types('dsync push project')
    await terminal.sees(/\[y\/N\]/)
    await terminal.answers('y')
    const pushed = await terminal.ends()
    assert.equal(pushed.code, 0, pushed.text)
    assert.match(pushed.text, /pushed/)
    assert.equal(await reads('project/theirs.txt'), 'theirs\n')
    assert.equal((await terminal.runs('dsync resume && dsync sync')).code, 0)
  })

  await t.test('runs a command there, with a terminal of its own, and gets what it made', async () => {
    await here.write('project/word.txt', 'typed last\n')
    const ran = await terminal.runs(
      `cd project; dsync run -- sh -c 'test -t 1 && tr a-z A-Z <word.txt >made.txt; exit 7'; cd ~`,
    )
    assert.equal(ran.code, 0, ran.text)
    assert.equal(String(await here.read('project/made.txt')), 'TYPED LAST\n')
    assert.equal((await terminal.runs(`cd project && dsync run -- sh -c 'exit 7'`)).code, 7)
    assert.equal((await terminal.runs('cd ~')).code, 0)
  })

  await t.test('forgets what was agreed on, and starts over without losing anything', async () => {
    await terminal.types('dsync reset project')
    await terminal.sees(/\[y\/N\]/)
    await terminal.answers('y')
    const reset = await terminal.ends()
    assert.equal(reset.code, 0, reset.text)
    assert.equal((await terminal.runs('dsync sync && dsync verify')).code, 0)
    assert.equal(await reads('project/theirs.txt'), 'theirs\n')
  })

  await t.test('watches, interrupts that, and stops', async () => {
    await terminal.types('dsync status --watch')
    await terminal.sees(/Nothing waits for you/)
    await terminal.presses('C-c')
    assert.equal((await terminal.ends()).code, 130)
    assert.equal((await terminal.runs('dsync stop && dsync start && dsync sync')).code, 0)
    assert.equal((await terminal.runs('dsync stop')).code, 0)
    await until('the agent is gone', async () =>
      (await there.processes()).every(({ command }) => !/agent\.cjs/.test(command)),
    )
  })
})

it(
  'a newcomer who installs it at a terminal, and later adds and removes hosts',
  { skip, timeout: 300_000 },
  async t => {
    const hosts = await openHosts('docker')
    t.after(() => hosts.close())
    const [here, there] = [hosts.host(0), hosts.host(1)]
    const own = 'Include more\nHost *.lan\nHost host-b box !no\nMatch host else\nHost github.com\n  User git\n'
    await here.run('mkdir -p .ssh && cat >>.ssh/config', { input: own })
    await here.run("printf 'Host further\\n' >.ssh/more; fish -ic true 2>/dev/null; :")
    const trees = (): Promise<unknown[]> => Promise.all([here.tree('.'), there.tree('.')])
    const before = await trees()
    const terminal = await Terminal.open(here)
    const master = async (name: string): Promise<string> => await here.run(`ssh -G ${name} | grep -i ^controlmaster; :`)

    await t.test('is asked which of the hosts that ssh knows are to be added, and says one of them', async () => {
      await terminal.types('/opt/dsync/install.sh --offline --no-service')
      await terminal.sees(/^Your ssh knows these hosts: host-b, box\nWhich of them .*\? \(names, or nothing\)\s*$/m)
      await terminal.answers('hots-b')
      await terminal.sees(/There is no host hots-b in ~\/\.ssh\/config\.\nWhich of them/)
      await terminal.answers('host-b')
      await terminal.sees(/^ {2}host +host-b$[^]*Go on\? .*\[y\/N\]\s*$/m)
      await terminal.answers('y')
      const { code, text } = await terminal.ends()
      assert.equal(code, 0, text)
      assert.match(text, /^ {2}host +done +host-b$/m)
      assert.equal((await terminal.runs('~/.dsync/bin/dsync hosts list')).text.trim(), 'host-b  ssh  host-b  no roots')
      assert.match(await master('host-b'), /auto/)
      assert.match(await master('box'), /^$|false/)
    })

    await t.test('is not asked again, and nothing is to do', async () => {
      const { code, text } = await terminal.runs('/opt/dsync/install.sh --offline --no-service')
      assert.equal(code, 0, text)
      assert.match(text, /^Nothing to do: /m)
    })

    await t.test('has an ssh that knows of hosts that come and go', async () => {
      const removed = await terminal.runs('~/.dsync/bin/dsync hosts remove host-b')
      assert.equal(removed.code, 0, removed.text)
      assert.match(await master('host-b'), /^$|false/)
      const added = await terminal.runs('~/.dsync/bin/dsync hosts add other --ssh host-b --shell')
      assert.equal(added.code, 0, added.text)
      assert.match(await master('other'), /auto/)
      assert.equal((await terminal.runs('ssh other hostname')).text.trim(), there.name)
      assert.match((await terminal.runs('/opt/dsync/install.sh --offline --no-service')).text, /^Nothing to do: /m)
    })

    await t.test('takes it back at a terminal, to the byte', async () => {
      await terminal.types('/opt/dsync/install.sh --uninstall --purge')
      await terminal.sees(/\[y\/N\]\s*$/)
      await terminal.answers('y')
      const { code, text } = await terminal.ends()
      assert.equal(code, 0, text)
      assert.deepEqual(await trees(), before)
      // Whoever says nothing adds nothing, and may still say no to all of it.
      await terminal.types('/opt/dsync/install.sh --offline --no-service')
      await terminal.sees(/Which of them/)
      await terminal.answers('')
      await terminal.sees(/\[y\/N\]\s*$/)
      await terminal.answers('n')
      const none = await terminal.ends()
      assert.equal(none.code, 130)
      assert.doesNotMatch(none.text, /^ {2}host /m)
      assert.deepEqual(await trees(), before)
      const unasked = await terminal.runs('/opt/dsync/install.sh --yes --offline --no-service --no-shell')
      assert.equal(unasked.code, 0, unasked.text)
      assert.doesNotMatch(unasked.text, /Which of them|^ {2}host /m)
    })
  },
)
