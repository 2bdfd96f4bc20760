import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { program } from '../../scripts/provision/programs.ts'
import type { FetchOptions } from '../../lib/kit/fetch-runtime.ts'
import { fetchRuntime, integrityOf } from '../../lib/kit/fetch-runtime.ts'
import { runtimePackages } from '../../lib/kit/runtime-packages.ts'
import { tarEntry } from '../../lib/kit/tar-entry.ts'

const checkout = new URL('../../', import.meta.url)

/** An archive as tar writes it (POSIX ustar). */
function tar(files: Readonly<Record<string, string>>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, text]) => {
    const header = Buffer.alloc(512)
    header.write(name, 0)
    header.write('0000755\0', 100)
    header.write(`${text.length.toString(8).padStart(11, '0')}\0`, 124)
    header.write('        ', 148)
    header.write('ustar\x0000', 257)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    return [header, Buffer.from(text), Buffer.alloc((512 - (text.length % 512)) % 512)]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

const name = 'node-made-up'
const archive = gzipSync(
  tar({ 'package/package.json': JSON.stringify({ name, version: '24.21.0' }), 'package/bin/node': 'a Node' }),
)
const packages = { 'linux-x64': { name, version: '24.21.0', integrity: integrityOf(archive) } }

/** A registry with one package. */
async function registry(t: TestContext): Promise<string> {
  const server: Server = createServer((request, response) => {
    if (request.url?.endsWith('.tgz')) return response.end(archive)
    if (request.url !== `/${name}`) return response.writeHead(404).end('{}')
    const { port } = server.address() as AddressInfo
    const tarball = `http://127.0.0.1:${port}/${name}/-/${name}-24.21.0.tgz`
    const version = {
      name,
      version: '24.21.0',
      dist: { tarball, integrity: integrityOf(archive), shasum: sha1(archive) },
    }
    return response.end(JSON.stringify({ name, 'dist-tags': { latest: '24.21.0' }, versions: { '24.21.0': version } }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

function sha1(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex')
}

interface World {
  readonly folder: string
  readonly options: FetchOptions
}

function world(t: TestContext, npmRegistry = 'http://127.0.0.1:9/'): World {
  const folder = mkdtempSync(join(tmpdir(), 'dsync-fetch-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'tmp'))
  const environment = {
    PATH: process.env['PATH'],
    HOME: folder,
    npm_config_cache: join(folder, 'cache'),
    npm_config_registry: npmRegistry,
    npm_config_update_notifier: 'false',
    npm_config_fetch_retries: '0',
  }
  return {
    folder,
    options: {
      ...{ packages, environment, npm: program('npm') ?? 'npm', isOffline: false },
      ...{ runtimes: join(folder, 'runtime'), modules: [join(folder, 'node_modules')], temporary: join(folder, 'tmp') },
      ...{ signal: new AbortController().signal, asking: () => {} },
    },
  }
}

const skip = program('npm') === undefined ? 'there is no npm' : false

describe('a runtime for another platform', () => {
  it('is pinned as the lock file pins it', () => {
    const lock = JSON.parse(readFileSync(new URL('package-lock.json', checkout), 'utf8')) as {
      packages: Record<string, { version: string; integrity: string; os?: string; cpu?: string }>
    }
    const { optionalDependencies } = JSON.parse(readFileSync(new URL('package.json', checkout), 'utf8')) as {
      optionalDependencies: Record<string, string>
    }
    const pinned = Object.entries(optionalDependencies).map(([each, version]) => {
      const { os, cpu, integrity } = lock.packages[`node_modules/${each}`] ?? { integrity: '' }
      return [`${os}-${cpu}`, { name: each, version, integrity }]
    })
    assert.deepEqual(runtimePackages, Object.fromEntries(pinned))
  })
  it('comes through npm, and from its cache when there is no network', { skip }, async t => {
    const { options, folder } = world(t, await registry(t))
    const asked: string[] = []
    const asking = (wanted: { readonly name: string }): void => void asked.push(wanted.name)
    const came = await fetchRuntime('linux-x64', { ...options, asking })
    assert.deepEqual(
      [came.version, came.platform, Buffer.from(came.bytes).toString()],
      ['24.21.0', 'linux-x64', 'a Node'],
    )
    assert.deepEqual(asked, [name])
    const again = await fetchRuntime('linux-x64', { ...options, isOffline: true })
    assert.equal(Buffer.from(again.bytes).toString(), 'a Node')
    assert.deepEqual(readdirSync(join(folder, 'tmp')), [], 'and nothing is left')
  })
  it('that npm has no copy of is named, with what to do', { skip }, async t => {
    const { options } = world(t)
    await assert.rejects(fetchRuntime('linux-x64', { ...options, isOffline: true }), {
      code: 'AGENT_FAILED',
      message: /^Cannot fetch node-made-up 24\.21\.0: .*cache/,
      hint: /--offline/,
    })
  })
  it('that is not what is pinned is not used', { skip }, async t => {
    const { options } = world(t, await registry(t))
    const other = { 'linux-x64': { name, version: '24.21.0', integrity: integrityOf(Buffer.from('another')) } }
    await assert.rejects(fetchRuntime('linux-x64', { ...options, packages: other }), {
      code: 'PROTOCOL',
      message: /not what is pinned/,
    })
  })
  it('is not looked for where there is no npm, or no such platform', async t => {
    const { options } = world(t)
    await assert.rejects(fetchRuntime('linux-x64', { ...options, npm: '/nowhere/npm' }), { message: /there is no npm/ })
    await assert.rejects(fetchRuntime('sunos-sparc', options), { message: /none that is pinned/ })
  })
  it('is taken from here where it is here', async t => {
    const { options, folder } = world(t)
    mkdirSync(join(folder, 'runtime/node-v24.21.0-linux-x64/bin'), { recursive: true })
    writeFileSync(join(folder, 'runtime/node-v24.21.0-linux-x64/bin/node'), 'ours')
    const ours = await fetchRuntime('linux-x64', { ...options, npm: '/nowhere/npm' })
    assert.equal(Buffer.from(ours.bytes).toString(), 'ours')
    mkdirSync(join(folder, 'node_modules', name, 'bin'), { recursive: true })
    writeFileSync(join(folder, 'node_modules', name, 'package.json'), '{"version":"24.20.0"}')
    writeFileSync(join(folder, 'node_modules', name, 'bin/node'), 'older')
    const still = await fetchRuntime('linux-x64', { ...options, npm: '/nowhere/npm' })
    assert.equal(Buffer.from(still.bytes).toString(), 'ours')
  })
})

describe('an archive', () => {
  const whole = tar({ 'package/a': 'a'.repeat(600), 'package/b': 'bee' })
  it('gives a file of it', () => assert.equal(Buffer.from(tarEntry(whole, 'package/b')).toString(), 'bee'))
  it('without the file, cut short or of noise gives none', () => {
    for (const [bytes, path] of [
      [whole, 'package/c'],
      [whole.subarray(0, 1000), 'package/a'],
      [Buffer.alloc(4096, 0xff), 'package/a'],
      [Buffer.alloc(0), 'package/a'],
    ] as const) {
      assert.throws(() => tarEntry(bytes, path), { code: 'PROTOCOL' })
    }
  })
})
