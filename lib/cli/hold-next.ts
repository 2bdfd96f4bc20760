import type { Hold } from '../sync/session-handle.ts'

/** What a person does next about something a guard holds. A root that is gone cannot be approved back. */
export function holdNext(holds: readonly Pick<Hold, 'guard'>[], root: string): string {
  const gone = holds.some(({ guard }) => guard === 'root-missing' || guard === 'root-replaced')
  return gone ? putBack(root) : `dsync approve ${root}`
}

/** What a person does next about a session that does not run though no guard holds it. @param code what stopped it */
export function haltNext(code: string | undefined, root: string): string {
  switch (code) {
    case 'ROOT_MISSING':
      return putBack(root)
    case 'ROOT_REFUSED':
      return `dsync roots add ${root}`
    case 'VERSION':
      return 'dsync restart'
    case 'ENOSPC':
    case 'EDQUOT':
    case 'SQLITE_FULL':
      return 'make room on the disk'
    default:
      return 'dsync logs'
  }
}

function putBack(root: string): string {
  return `put it back, or dsync roots remove ${root}`
}
