import type { OverrideOffer } from '../../lib/sync/session-handle.ts'
import { listed } from '../../lib/sync/session-handle.ts'

/** One file goes, a directory with a file comes, and one path stays as it is. */
export const offer: OverrideOffer = {
  changes: listed([
    { path: 'old', how: 'delete', kind: 'file', size: 7 },
    { path: 'd', how: 'create', kind: 'directory' },
    { path: 'd/new', how: 'create', kind: 'file', size: 3 },
  ]),
  counts: {
    create: { paths: 2, bytes: 3 },
    replace: { paths: 0, bytes: 0 },
    delete: { paths: 1, bytes: 7 },
    mode: { paths: 0, bytes: 0 },
  },
  left: listed([{ path: 'p', why: 'UNTRACKED' }]),
  mark: 'm1',
}
