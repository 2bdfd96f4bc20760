import { statfsSync } from 'node:fs'
import { codeOf } from '../../core/errors.ts'
import { toBytes } from '../../core/path.ts'

/** File systems whose changes may be made elsewhere, without an event here. Source: statfs(2), linux/magic.h. */
const networkTypes = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9p'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
  [0x786f4256, 'a VirtualBox shared folder'],
])

/** What kind of network disk a directory lies on; undefined for a local one, and where that cannot be told (not Linux). */
export function networkDisk(path: string): string | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    return networkTypes.get(statfsSync(Buffer.from(toBytes(path))).type)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return undefined
    throw error
  }
}
