import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { deno } from '../pipe/runtimes.ts'

const probe = fileURLToPath(new URL('./differences-probe.ts', import.meta.url))

/**
 * Where Deno is not as Node, what each does, and what of ours is there for it alone. Once a Deno does as Node does, this
 * fails, and what is named here can go.
 */
const differences: Readonly<Record<string, { readonly node: string; readonly deno: string; readonly hence: string }>> =
  {
    'names that are not UTF-8': { node: '61ff', deno: '61efbfbd', hence: 'onDeno in lib/replica/disk/names.ts' },
    'files of the kernel': { node: 'read', deno: 'NotCapable', hence: 'lib/replica/disk/kernel-text.ts' },
    'a descriptor in another thread': {
      node: 'a file',
      deno: 'EBADF',
      hence: 'ownDescriptor in lib/replica/hash-worker.ts',
    },
    'what a thread is told before it listens': {
      node: 'waits',
      deno: 'lost',
      hence: 'patientPort in scripts/worker.ts',
    },
    'sockets and children': { node: 'kept', deno: 'inherited', hence: 'lib/remote/own-descriptors.ts' },
    'rights of children': { node: 'none to ask for', deno: 'granted', hence: 'scripts/start-words.ts' },
  }

/** All that dsync asks for but `ffi`: a child that has it has more than its parent. */
const rights = ['read', 'write', 'env', 'sys', 'net', 'run'].map(right => `--allow-${right}`)

const runtimes = {
  node: { command: [process.execPath], lacks: undefined },
  deno: {
    command: [deno ?? '', 'run', '--quiet', ...rights],
    lacks: deno === undefined ? 'there is no deno' : undefined,
  },
} as const

describe('where Node and Deno differ', { skip: process.platform === 'linux' ? false : 'it is told by /proc' }, () => {
  for (const [name, { command, lacks }] of Object.entries(runtimes)) {
    it(`${name} does as this table says`, { skip: lacks ?? false }, t => {
      const folder = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-differences-')))
      t.after(() => rmSync(folder, { recursive: true }))
      const [program = '', ...words] = command
      const ran = spawnSync(program, [...words, probe, folder], { encoding: 'utf8', timeout: 60_000 })
      assert.equal(ran.stderr, '')
      const wanted = Object.entries(differences).map(([what, does]) => [what, does[name as 'node' | 'deno']])
      assert.deepEqual(JSON.parse(ran.stdout), Object.fromEntries(wanted))
    })
  }
})
