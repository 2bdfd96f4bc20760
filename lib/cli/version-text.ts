import type { EntryInfo } from '../sync/session-handle.ts'
import { escape } from './escape.ts'
import { bytesText } from './quantities.ts'

/** One side's version of a conflict in a few words. */
export function versionText(version: EntryInfo): string {
  switch (version.kind) {
    case 'file':
      return [bytesText(version.size ?? 0), modeText(version.mode), version.digest?.slice(0, 8)]
        .filter(Boolean)
        .join(' ')
    case 'symlink':
      return `link to ${escape(version.target ?? '?')}`
    case 'directory':
      return 'directory'
    case 'absent':
      return 'deleted'
    default:
      return version.why === undefined ? version.kind : `${version.kind} (${escape(version.why)})`
  }
}

function modeText(mode: number | undefined): string {
  return mode === undefined ? '' : `0${mode.toString(8).padStart(3, '0')}`
}
