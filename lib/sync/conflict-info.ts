import type { Digester, Entry } from '../core/entry.ts'
import { entryMark } from '../core/page.ts'
import type { Both, OpenConflict } from '../core/session/messages.ts'
import type { ConflictInfo, VersionInfo } from './session-handle.ts'

/** A conflict as people and scripts are shown it. */
export function conflictInfo(
  conflict: OpenConflict,
  of: { readonly root: string; readonly hosts: Both<string>; readonly digester: Digester },
): ConflictInfo {
  const { path, kind, since, copies } = conflict
  const { root, hosts, digester } = of
  const sides = {
    alpha: versionInfo(conflict.alpha, copies.alpha, digester),
    beta: versionInfo(conflict.beta, copies.beta, digester),
  }
  return { root, host: hosts.beta, path, kind, since, hosts, sides }
}

function versionInfo(entry: Entry | undefined, copy: string | undefined, digester: Digester): VersionInfo {
  const kept = copy === undefined ? {} : { copy }
  if (entry === undefined) return { kind: 'absent', ...kept }
  const mark = entryMark(entry, digester)
  const base = { ...(mark !== undefined && { mark }), ...kept }
  switch (entry.kind) {
    case 'file':
      return { kind: 'file', ...base, digest: entry.digest, size: entry.size, mode: entry.mode }
    case 'symlink':
      return { kind: 'symlink', ...base, target: entry.target }
    case 'directory':
      return { kind: 'directory', ...base, mode: entry.mode }
    default:
      return { kind: entry.kind, ...base }
  }
}
