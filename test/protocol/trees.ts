import assert from 'node:assert/strict'
import type { Entry, FileEntry } from '../../lib/core/entry.ts'
import { emptyPage } from '../../lib/core/page.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { treeDigest, walk } from '../../lib/core/tree.ts'
import { digest as sha256 } from '../../lib/replica/hash.ts'

export function file(text: string, mode = 0o644): FileEntry {
  return { kind: 'file', mode, digest: sha256(Buffer.from(text)), size: text.length }
}

/** Both hold the same entries in all that a mirror holds, untracked ones and reasons of problems included. */
export function sameTree(actual: Tree, expected: Tree): void {
  assert.deepEqual(lines(actual), lines(expected))
  assert.equal(treeDigest(actual, sha256), treeDigest(expected, sha256))
}

function lines(tree: Tree): string[] {
  return [...walk(tree)].map(([path, entry]) => `${JSON.stringify(path)} ${JSON.stringify(plain(entry))}`).sort()
}

function plain(entry: Entry): unknown {
  if (entry.kind === 'directory') return { ...entry, children: emptyPage }
  if (entry.kind !== 'problem' || entry.over === undefined) return entry
  return { ...entry, over: [plain(entry.over), entry.over.kind === 'directory' ? lines(entry.over) : []] }
}
