import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { SyncError } from '../core/errors.ts'
import type { Link } from '../ports/link.ts'
import type { KitLayout } from './layout.ts'
import { currentRelease, lacking, placeRelease } from './place-release.ts'
import type { ReleaseFile } from './release.ts'
import { LinkReader, readRelease, releaseBytesLimit } from './release-wire.ts'
import type { Workbench } from './workbench.ts'
import { openWorkbench } from './workbench.ts'

/** Takes a release from a hub on a link and puts it into this home: see `release-wire.ts`. What it cannot do it says there. */
export async function receiveRelease(
  link: Pick<Link, 'onData' | 'onClose' | 'write'>,
  layout: KitLayout,
): Promise<void> {
  const say = (value: object): void => void link.write(Buffer.from(`${JSON.stringify(value)}\n`))
  const reader = new LinkReader(link)
  let bench: Workbench | undefined
  try {
    const release = readRelease(JSON.parse(await reader.line()))
    const lacks = lacking(layout, release)
    const current = currentRelease(layout)
    const isPlaced = lacks.length === 0 && current === release.name
    say({ lacks: [...new Set(lacks.map(({ sha256 }) => sha256))], isPlaced, ...(current !== undefined && { current }) })
    const length = Number(await reader.line())
    if (!(length >= 0 && length <= releaseBytesLimit)) throw new SyncError('PROTOCOL', 'The hub sent no release')
    bench = openWorkbench(layout.releases)
    const brought = contents(await reader.bytes(length), lacks)
    placeRelease(layout, release, { brought, bench })
    say({ placed: release.name })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    say({ error: { message, ...(error instanceof SyncError && error.hint !== undefined && { hint: error.hint }) } })
  } finally {
    bench?.close()
  }
}

/** What came, by digest. Throws PROTOCOL when a digest is another than was asked for. */
function contents(parcel: Uint8Array, lacks: readonly ReleaseFile[]): ReadonlyMap<string, Uint8Array> {
  const brought = new Map<string, Uint8Array>()
  if (parcel.length === 0) return brought
  const bytes = gunzipSync(parcel, { maxOutputLength: releaseBytesLimit })
  let at = 0
  for (const { sha256, size } of lacks) {
    if (brought.has(sha256)) continue
    const content = bytes.subarray(at, (at += size))
    if (createHash('sha256').update(content).digest('hex') !== sha256) {
      throw new SyncError('PROTOCOL', 'What the hub sent is not what it said')
    }
    brought.set(sha256, content)
  }
  return brought
}
