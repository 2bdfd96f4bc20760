import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { codeOf } from '../../lib/core/errors.ts'

/** Folders where Debian keeps what only root runs; a user's PATH often lacks them. */
const systemFolders = ['/usr/sbin', '/sbin', '/usr/local/sbin']

/** The path of a program on PATH or among the system's own, or undefined. */
export function program(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...systemFolders]
  return folders
    .filter(folder => folder !== '')
    .map(folder => join(folder, name))
    .find(runs)
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch (error) {
    if (['ENOENT', 'EACCES', 'ENOTDIR'].includes(codeOf(error) ?? '')) return false
    throw error
  }
}
