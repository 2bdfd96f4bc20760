import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { processState } from '../lib/daemon/process-identity.ts'
import { verifyTarball } from '../scripts/provision/base-image.ts'
import { EngineProcess } from '../scripts/provision/engine-process.ts'
import { dockerdWords } from '../scripts/provision/engine.ts'
import { places } from '../scripts/provision/places.ts'

const script = fileURLToPath(new URL('../scripts/provision.ts', import.meta.url))

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'dsync-provision-'))
  t.after(() => rmSync(path, { recursive: true }))
  return path
}

/** Runs it without leave to install, with a cache of its own. */
function provision(cache: string, ...parameters: readonly string[]): readonly [number | null, string, string] {
  const env = { ...process.env, XDG_CACHE_HOME: cache, CI: '', NO_COLOR: '1' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...parameters], { env, encoding: 'utf8' })
  return [status, stdout, stderr]
}

describe('test:provision', () => {
  it('shows what is missing, a line each, and changes nothing without leave', t => {
    if (process.platform !== 'linux') return t.skip('hosts in containers need Linux')
    const cache = folder(t)
    const [status, stdout, stderr] = provision(cache)
    assert.deepEqual([status, stderr, readdirSync(cache)], [0, '', []])
    const lines = stdout
      .trimEnd()
      .split('\n')
      .filter(line => !line.startsWith('· Debian packages: apt-get install '))
    const [base, engine, image, next, ...more] = lines
    assert.match(base ?? '', /^· base of test hosts: debootstrap \w+ with .* → .*\/dsync-test\/base-\w+\.tar$/)
    assert.match(engine ?? '', /^· Docker engine: start dockerd on .*\/dsync-test\/engine\/docker\.sock$/)
    assert.match(image ?? '', /^· base image: docker import .* as dsync-test-base:\w+$/)
    assert.match(next ?? '', process.getuid?.() === 0 ? /^Install with: npm run/ : /^Only root can install/)
    assert.deepEqual(more, [])
  })

  it('ends nothing where it started nothing', t => {
    assert.deepEqual(provision(folder(t), '--down'), [0, 'No Docker engine of the tests runs.\n', ''])
  })

  it('keeps everything of the engine in its own folder, and away from the firewall', t => {
    const here = places({ XDG_CACHE_HOME: folder(t) })
    const words = dockerdWords(here, join(here.engine, 'containerd.sock'))
    const paths = words.filter(word => word.includes('/'))
    assert.equal(paths.length, 6)
    assert.deepEqual(
      paths.filter(path => !path.replace('unix://', '').startsWith(`${here.engine}/`)),
      [],
    )
    assert.ok(words.includes('--iptables=false') && words.includes('--ip-forward=false'))
  })

  it('never uses a base that changed on the disk', async t => {
    const here = places({ XDG_CACHE_HOME: folder(t) })
    const tarball = join(folder(t), 'base.tar')
    writeFileSync(tarball, 'damaged')
    writeFileSync(`${tarball}.sha256`, `${'0'.repeat(64)}\n`)
    await assert.rejects(verifyTarball({ ...here, tarball }), /was damaged and is removed/)
    assert.ok(!existsSync(tarball))
  })

  it('finds what it started, ends it, and takes nobody else for it', async t => {
    const path = join(folder(t), 'sleeper')
    const sleeper = new EngineProcess(path)
    sleeper.start('sleep', ['1000'])
    const pid = new EngineProcess(path).pid()
    assert.equal(typeof pid, 'number')
    const record = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as object
    await sleeper.end()
    assert.equal(processState(pid ?? 0).alive, false)
    // The number is that of another process now: this one.
    writeFileSync(`${path}.json`, JSON.stringify({ ...record, pid: process.pid }))
    assert.equal(new EngineProcess(path).pid(), undefined)
    await new EngineProcess(path).end()
  })
})
