import type { Hold } from '../sync/session-handle.ts'

/** What a person does next about something a guard holds. A root that is gone cannot be approved back. */
export function holdNext(holds: readonly Pick<Hold, 'guard'>[], root: string): string {
  const gone = holds.some(({ guard }) => guard === 'root-missing' || guard === 'root-replaced')
  return gone ? `put it back, or dsync roots remove ${root}` : `dsync approve ${root}`
}
