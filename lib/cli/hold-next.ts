import type { Hold } from '../sync/session-handle.ts'
import { codeNext } from './system-words.ts'

/** What a person does next about something a guard holds. A root that is gone cannot be approved back. */
export function holdNext(holds: readonly Pick<Hold, 'guard'>[], root: string): string {
  const gone = holds.some(({ guard }) => guard === 'root-missing' || guard === 'root-replaced')
  return gone ? putBack(root) : `dsync approve ${root}`
}

/** What a person does next about a session whose sides are not together. @param code what keeps them apart */
export function apartNext(code: string | undefined, host: string): string {
  return code === 'BUSY' ? 'stop the other one: DSYNC_HOME=ITS_HOME dsync stop' : `dsync hosts check ${host}`
}

/** What a person does next about a session that does not run though no guard holds it. @param code what stopped it */
export function haltNext(code: string | undefined, root: string): string {
  switch (code) {
    case 'ROOT_MISSING':
      return putBack(root)
    case 'ROOT_REFUSED':
      return `dsync roots add ${root}`
    case 'OTHER_HUB':
      return 'dsync hub take, or go on at the other hub'
    case 'VERSION':
      return 'dsync restart'
    case 'SQLITE_FULL':
      return 'make room on the disk'
    default:
      return codeNext(code) ?? 'dsync logs'
  }
}

function putBack(root: string): string {
  return `put it back, or dsync roots remove ${root}`
}
