import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import type { World } from './world.ts'
import { makeWorld } from './world.ts'

const text = `// mine
{
  "hosts": { "twin": { "pipe": "~/twin" } }, // a disk
  "roots": {
    "~/projects": { "id": "0123456789abcdef0123456789abcdef", "on": ["twin"] } // all of it
  }
}
`

interface Home {
  readonly world: World
  readonly config: string
  readonly paths: string
  /** What is left of edits that were given up. */
  readonly copies: () => string[]
  /** A program that does this, in sh, with the file it is given (`$1`). */
  readonly editor: (script: string) => [string, ...string[]]
}

async function homeWith(t: TestContext, config: string, paths = '~/projects\n'): Promise<Home> {
  const world = await makeWorld(t, {}, false)
  const at = (name: string): string => join(world.userHome, '.dsync', name)
  writeFileSync(at('config.json'), config)
  writeFileSync(at('paths.txt'), paths)
  const editor = (script: string): [string, ...string[]] => {
    const program = join(world.userHome, 'editor')
    writeFileSync(program, `#!/bin/sh\n${script}\n`)
    chmodSync(program, 0o700)
    return [program]
  }
  const copies = (): string[] => readdirSync(at('run')).filter(name => name.startsWith('edit-'))
  return { world, config: at('config.json'), paths: at('paths.txt'), copies, editor }
}

describe('dsync config get', () => {
  it('shows every setting with its value and where it comes from', async t => {
    const { world } = await homeWith(t, text)
    const { exit, out } = await world.run('config')
    assert.equal(exit, 0)
    assert.match(out, /^ {2}name +here +default$/m)
    assert.match(out, /^ {2}hosts\.twin\.pipe +~\/twin +~\/\.dsync\/config\.json:3:32$/m)
    assert.match(out, /^ {2}roots\.~\/projects\.on +\["twin"\] +~\/\.dsync\/config\.json:5:/m)
    assert.match(out, /^ {2}roots\.~\/projects\.watcher +auto +default$/m)
    assert.match(out, /^ {2}ssh\.config +– +not set$/m)
    assert.match(out, /^ {2}paths +\["~\/projects"\] +~\/\.dsync\/paths\.txt$/m)
  })
  it('shows one, or those that begin alike', async t => {
    const { world, config } = await homeWith(t, text)
    assert.equal((await world.run('config get roots.~/projects.conflict')).out.trim().split(/ +/)[1], 'ask')
    assert.deepEqual((await world.run('config get hosts.twin --json')).json(), {
      config: [
        { key: 'hosts.twin.pipe', value: '~/twin', from: `${config}:3:32` },
        { key: 'hosts.twin.ssh', from: 'not set' },
      ],
    })
  })
  it('names the nearest key', async t => {
    const { world } = await homeWith(t, text)
    const { exit, err } = await world.run('config get roots.~/projects.wacher')
    assert.equal(exit, 2)
    assert.equal(
      err,
      'dsync: There is no setting "roots.~/projects.wacher"; did you mean roots.~/projects.watcher?\n' +
        '  → dsync config get roots.~/projects.watcher\n',
    )
  })
})

describe('dsync config set', () => {
  it('changes one value, and nothing else', async t => {
    const { world, config } = await homeWith(t, text)
    const { exit, out } = await world.run('config set roots.~/projects.watcher polling')
    assert.equal(exit, 0)
    assert.match(
      out,
      /^Changed roots\.~\/projects\.watcher:\n- {5}"~\/projects".*\n(?:\+ .*\n)*\+ {7}"watcher": "polling"\n/,
    )
    const after = readFileSync(config, 'utf8')
    for (const kept of ['// mine\n', '// a disk\n', '// all of it\n']) assert.ok(after.includes(kept), kept)
    assert.match((await world.run('config get roots.~/projects.watcher')).out, /polling +~\/\.dsync\/config\.json:/)
    assert.match((await world.run('config set roots.~/projects.watcher polling')).out, /is so already/)
    assert.equal((await world.run('config set roots.~/projects.watcher --default')).exit, 0)
    assert.match((await world.run('config get roots.~/projects.watcher')).out, /auto +default/)
  })
  it('takes JSON where a text is not enough', async t => {
    const { world } = await homeWith(t, text)
    assert.equal((await world.run('config set roots.~/projects.watcher {"twin":"polling"}')).exit, 0)
    assert.match((await world.run('config get roots.~/projects.watcher')).out, /\{"twin":"polling"\}/)
  })
  it('with --dry-run shows the difference and changes nothing', async t => {
    const { world, config } = await homeWith(t, text)
    const { exit, out } = await world.run('config set name mac01 --dry-run')
    assert.equal(exit, 0)
    assert.match(out, /^Would change name:\n(?:[-+] .*\n)*\+ {3}"name": "mac01"/)
    assert.equal(readFileSync(config, 'utf8'), text)
  })
  const wrong: readonly (readonly [line: string, says: RegExp])[] = [
    ['nmae x', /There is no setting "nmae"; did you mean name\?\n {2}→ dsync config get name/],
    ['name', /give a VALUE, or --default\n {2}→ dsync help config set/],
    ['name -x- --default', /no option/],
    ['name -- -x', /must be a host's name[^]*→ dsync config get name/],
    [
      'roots.~/projects.watcher poling',
      /must be one of auto, .*; did you mean polling\?\n {2}→ dsync config set roots\.~\/projects\.watcher polling/,
    ],
    ['roots.~/projects.watcher {"twin":', /is not JSON/],
    ['hosts.twin.ssh mac', /must say one way to reach it/],
    ['roots.~/projects.id 00', /the other hosts know the root by it/],
    ['roots.~/projects.on twin,mac', /must be told too\n {2}→ dsync roots add ~\/projects --on HOST/],
    ['paths ~/x', /→ dsync roots add DIR/],
    ['ssh {"program":"x"}', /There is no setting "ssh"/],
    ['hosts.__proto__.ssh x', /There is no setting/],
  ]
  for (const [line, says] of wrong) {
    it(`refuses ${line}, and changes nothing`, async t => {
      const { world, config } = await homeWith(t, text)
      for (const dry of ['', '--dry-run ']) {
        const { exit, err } = await world.run(`config set ${dry}${line}`)
        assert.equal(exit, 2)
        assert.match(err, says)
      }
      assert.equal(readFileSync(config, 'utf8'), text)
    })
  }
  it('does not touch a file that is broken', async t => {
    const broken = '{ "hosts": {'
    const { world, config } = await homeWith(t, broken)
    const { exit, err } = await world.run('config set name mac01')
    assert.equal(exit, 2)
    assert.match(err, /config\.json:1:13: it is not JSON[^]*→ dsync config edit/)
    assert.equal(readFileSync(config, 'utf8'), broken)
  })
})

describe('dsync config check', () => {
  it('is content with good files', async t => {
    const { world } = await homeWith(t, text)
    assert.deepEqual(await world.run('config check').then(({ exit, out }) => [exit, out]), [0, 'Nothing is wrong.\n'])
  })
  it('lists every mistake with its place and the next command', async t => {
    const { world, config, paths } = await homeWith(t, '{\n  "name": 1,\n  "hots": {}\n}\n', '~/projects\nnotes\n')
    const { exit, out } = await world.run('config check')
    assert.equal(exit, 2)
    assert.deepEqual(
      out.split('\n').filter(line => !line.startsWith('  ') && line !== ''),
      [
        `${config}:3:3: "hots" means nothing here; known: $schema, name, hosts, ssh, ignore, gitignore, roots`,
        `${config}:2:11: "name" must be a string`,
        `${paths}:2:1: "notes" is not absolute`,
      ],
    )
    assert.match(out, /→ dsync config edit\n[^]*→ dsync config edit paths\n/)
    assert.equal((await world.run('config check --json')).json<{ config: unknown[] }>().config.length, 3)
  })
})

describe('the file env', () => {
  it('is checked line by line, and shown without what it sets', async t => {
    const { world, config } = await homeWith(t, text)
    const file = join(dirname(config), 'env')
    writeFileSync(file, 'PATH=/secret/bin\nexport SSH_AUTH_SOCK="/secret/agent"\n', { mode: 0o600 })
    assert.equal((await world.run('config check')).exit, 0)
    const shown = await world.run('config get')
    assert.match(shown.out, /env +\["PATH","SSH_AUTH_SOCK"\] +.*env\n/)
    assert.doesNotMatch(shown.out, /secret/)

    writeFileSync(file, 'PATH=/secret/bin\nsecret\nDSYNC_HOME=/secret\n')
    const wrong = await world.run('config check')
    assert.equal(wrong.exit, 2)
    assert.match(wrong.out, new RegExp(`^${file}:2:1: it is not NAME=value\n.*restart\n${file}:3:1: DSYNC_HOME means`))
    assert.doesNotMatch(wrong.out, /\/secret/)

    for (const [mode, says] of [
      [0o640, 'others may read it'],
      [0o602, 'others may write it'],
    ] as const) {
      chmodSync(file, mode)
      const { out } = await world.run('config check')
      assert.equal(out, `${file}: ${says}; it is not read\n  → chmod 600 ${file}, then dsync restart\n`)
    }
  })
})

describe('dsync config edit', () => {
  it('puts a copy in place once it is right', async t => {
    const { world, config, copies, editor } = await homeWith(t, text)
    const change = editor(`sed 's/a disk/my disk/' "$1" > "$1.new" && mv "$1.new" "$1"`)
    const { exit, out } = await world.run('config edit', { answer: 'n', editor: change })
    assert.deepEqual([exit, out], [0, 'Changed config.json.\n  → dsync start\n'])
    assert.equal(readFileSync(config, 'utf8'), text.replace('a disk', 'my disk'))
    assert.deepEqual(copies(), [])
  })
  it('shows what is wrong and goes on until it is right', async t => {
    const { world, paths, copies, editor } = await homeWith(t, text)
    const twice = editor(
      `if grep -q notes "$1"; then echo '~/projects' > "$1"; echo '# ok' >> "$1"; else echo notes >> "$1"; fi`,
    )
    const { exit, err } = await world.run('config edit paths', { answer: '', editor: twice })
    assert.equal(exit, 0)
    assert.match(err, /paths\.txt:2:1: "notes" is not absolute\n {2}→ go on editing\nGo on editing\? \[Y\/n\] $/)
    assert.equal(readFileSync(paths, 'utf8'), '~/projects\n# ok\n')
    assert.deepEqual(copies(), [])
  })
  it('given up changes nothing and keeps what was typed', async t => {
    const { world, config, copies, editor } = await homeWith(t, text)
    const { exit, err } = await world.run('config edit', { answer: 'n', editor: editor('echo "{" > "$1"') })
    assert.equal(exit, 130)
    assert.match(err, /Nothing was changed; what you typed is in .*edit-.*-config\.json\n {2}→ dsync config edit/)
    assert.equal(readFileSync(config, 'utf8'), text)
    const [copy = ''] = copies()
    assert.equal(readFileSync(join(world.userHome, '.dsync/run', copy), 'utf8'), '{\n')
  })
  it('does not overwrite what was changed meanwhile', async t => {
    const { world, config, copies, editor } = await homeWith(t, text)
    const both = editor(`echo '{}' > ${config}; echo '{ "name": "x" }' > "$1"`)
    const { exit, err } = await world.run('config edit', { answer: 'n', editor: both })
    assert.equal(exit, 1)
    assert.match(err, /it was changed meanwhile; what you typed is in/)
    assert.equal(readFileSync(config, 'utf8'), '{}\n')
    assert.equal(copies().length, 1)
  })
  it('that changes nothing leaves nothing', async t => {
    const { world, copies, editor } = await homeWith(t, text)
    const { exit, out } = await world.run('config edit', { answer: 'n', editor: editor('true') })
    assert.deepEqual([exit, out, copies()], [0, 'Nothing was changed.\n', []])
  })
  it('says what it lacks: a terminal, an editor, a file of that name', async t => {
    const { world } = await homeWith(t, text)
    assert.match(
      (await world.run('config edit')).err,
      /Cannot edit without a terminal\n {2}→ dsync config set KEY VALUE/,
    )
    const lacking = await world.run('config edit', { answer: 'n', editor: [join(world.userHome, 'none')] })
    assert.equal(lacking.exit, 1)
    assert.match(lacking.err, /Cannot edit with .*ENOENT[^]*→ EDITOR=nano dsync config edit/)
    assert.match((await world.run('config edit path', { answer: 'n' })).err, /→ dsync config edit paths/)
    assert.equal(existsSync(join(world.userHome, '.dsync/config.json')), true)
  })
})
