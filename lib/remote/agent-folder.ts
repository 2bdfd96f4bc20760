import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'

/** One file of the agent's folder. */
export interface AgentFile {
  /** Below the folder, with `/`. */
  readonly path: string
  readonly bytes: Uint8Array
}

/** The agent as a folder, named by what is in it. */
export interface AgentFolder {
  /** SHA-256 of its manifest, hexadecimal. */
  readonly id: string
  /** As it is sent: zipped, the manifest's line and the contents behind it. */
  readonly parcel: Uint8Array
}

/** What a folder may weigh (bytes): the agent's file has half a megabyte, a native part one or two. */
export const folderBytesLimit = 64 * 1024 * 1024

export function agentFolder(files: readonly AgentFile[]): AgentFolder {
  const listed = files.map(({ path, bytes }) => ({
    path,
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }))
  const manifest = JSON.stringify(listed)
  return {
    id: createHash('sha256').update(manifest).digest('hex'),
    parcel: gzipSync(Buffer.concat([Buffer.from(`${manifest}\n`), ...files.map(({ bytes }) => bytes)])),
  }
}
