import assert from 'node:assert/strict'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { openAuditLog } from '../../lib/daemon/audit-log.ts'
import { auditTail } from '../../lib/daemon/audit-tail.ts'
import type { LogEvent } from '../../lib/ports/log.ts'

function place(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'dsync-log-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, 'sync.log')
}

function event(number: number): LogEvent {
  return { at: 1_700_000_000_000 + number, level: 'info', event: 'put', path: `file-${number}` }
}

const roomy = { maxBytes: 1_000_000, keep: 3 }

describe('the audit log', () => {
  it('writes a JSON object a line, for its owner only', t => {
    const path = place(t)
    const log = openAuditLog(path, roomy)
    log.log(event(1))
    log.log({ ...event(2), path: 'two\nlines \u001b[31m \u202e \udcff' })
    log.close()
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    assert.equal(lines.length, 2)
    assert.equal(lines[0], '{"time":"2023-11-14T22:13:20.001Z","level":"info","event":"put","path":"file-1"}')
    assert.match(lines[1] ?? '', /"two\\nlines \\u001b\[31m \\u202e \\udcff"/)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.deepEqual(
      auditTail(path, 10).map(({ path: at }) => at),
      ['file-1', 'two\nlines \u001b[31m \u202e \udcff'],
    )
  })

  it('rotates by size and keeps so many', t => {
    const path = place(t)
    const log = openAuditLog(path, { maxBytes: 300, keep: 2 })
    for (let i = 0; i < 20; i++) {
      log.log(event(i))
      log.flush()
    }
    log.close()
    for (const file of [path, `${path}.1`, `${path}.2`]) assert.ok(statSync(file).size <= 300, file)
    assert.equal(existsSync(`${path}.3`), false)
    assert.deepEqual(
      auditTail(path, 5).map(({ path: at }) => at),
      ['file-15', 'file-16', 'file-17', 'file-18', 'file-19'],
    )
  })

  it('drops and counts what cannot be written, and goes on when it can', t => {
    const path = place(t)
    mkdirSync(path)
    const log = openAuditLog(path, roomy)
    log.log(event(1))
    log.log(event(2))
    log.flush()
    assert.equal(log.dropped(), 2)
    rmdirSync(path)
    log.log(event(3))
    log.close()
    assert.equal(log.dropped(), 2)
    assert.deepEqual(
      auditTail(path, 10).map(({ path: at }) => at),
      ['file-3'],
    )
  })

  it('writes on where somebody moved the file away', t => {
    const path = place(t)
    const log = openAuditLog(path, roomy)
    log.log(event(1))
    log.flush()
    renameSync(path, `${path}.moved`)
    log.log(event(2))
    log.close()
    assert.deepEqual(
      auditTail(path, 10).map(({ path: at }) => at),
      ['file-2'],
    )
  })

  it('begins a new line after one that a crash tore', t => {
    const path = place(t)
    writeFileSync(path, '{"time":"2023')
    const log = openAuditLog(path, roomy)
    log.log(event(1))
    log.close()
    appendFileSync(path, '{"half')
    assert.deepEqual(
      auditTail(path, 10).map(({ path: at }) => at),
      ['file-1'],
    )
  })

  it('says what it could not write down of an event', t => {
    const path = place(t)
    const log = openAuditLog(path, roomy)
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    log.log({ ...event(1), circle })
    log.close()
    assert.match(readFileSync(path, 'utf8'), /"event":"put","problem":"Converting circular/)
  })
})
