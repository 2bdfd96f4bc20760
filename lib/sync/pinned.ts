import type { Path } from '../core/path.ts'
import type { Native } from '../replica/disk/native.ts'
import { openDisk } from '../replica/disk/open-disk.ts'

/** A directory of a root of this host, held so that no link put in its way leads elsewhere. Throws SyncError. */
export function pinned(
  root: string,
  directory: Path,
  native: Native | undefined,
): { readonly address: string; close(): void } {
  const disk = openDisk(root, { native })
  try {
    const handle = disk.open(directory)
    return {
      address: handle.address,
      close: () => {
        handle.close()
        disk.close()
      },
    }
  } catch (error) {
    disk.close()
    throw error
  }
}
