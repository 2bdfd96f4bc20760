import type { RecordedUser } from './history-user.ts'

/** Longer than the slow round over everything. */
export const healMs = 130_000

/** A user who wants their own files synced can read them. */
export function makeReadable(user: RecordedUser): void {
  for (const [path, found] of user.snapshot()) {
    if (found.kind === 'directory' && (found.mode & 0o700) !== 0o700) user.chmod(path, 0o755)
    if (found.kind === 'file' && (found.mode & 0o400) === 0) user.chmod(path, 0o644)
  }
}
