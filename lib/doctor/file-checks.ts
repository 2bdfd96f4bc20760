import type { FileFacts, Survey } from '../remote/survey.ts'
import type { Check } from './check.ts'
import { failed, ok, warning } from './check.ts'
import { wordOf } from './figures.ts'

/** Directories that hold programs: others may look, not write. */
const programs = ['kit', 'bin', 'runtime']

/** Permissions and owners of what is dsync's, and of what ssh reads: one row when all is well, else one for each. */
export function fileChecks(survey: Survey): Check[] {
  const own = survey.files.filter(({ path }) => !path.startsWith('~'))
  const wrong = [
    ...own.flatMap(file => ownTrouble(file, survey)),
    ...survey.files.flatMap(file => sshTrouble(file, survey)),
  ]
  if (wrong.length > 0) return wrong
  return [
    ok(
      'permissions',
      own.length === 0 ? 'no file of dsync yet' : `${own.length} files and directories are yours alone`,
    ),
  ]
}

function ownTrouble(file: FileFacts, { kit, user }: Survey): Check[] {
  const path = file.path === '.' ? kit.home : `${kit.home}/${file.path}`
  const word = wordOf(path)
  if (user.id !== undefined && file.owner !== user.id) {
    return [
      failed(
        'permissions',
        `${path} belongs to another user (${file.owner})`,
        `sudo chown -R ${ownerOf(user)} ${word}`,
      ),
    ]
  }
  const mode = file.kind === 'directory' ? '700' : '600'
  if ((file.mode & 0o022) !== 0)
    return [
      failed(
        'permissions',
        `others may write ${path}`,
        `chmod ${programs.includes(file.path) ? 'go-w' : mode} ${word}`,
      ),
    ]
  if ((file.mode & 0o077) === 0 || programs.includes(file.path)) return []
  return [
    warning(
      'permissions',
      `others may ${file.kind === 'directory' ? 'look into' : 'read'} ${path}`,
      `chmod ${mode} ${word}`,
    ),
  ]
}

/** sshd(8), StrictModes, and ssh_config(5): what others may write is not believed. */
function sshTrouble({ path, mode, owner }: FileFacts, { user }: Survey): Check[] {
  if (!path.startsWith('~')) return []
  if (user.id !== undefined && owner !== user.id && owner !== 0) {
    return [
      warning(
        'permissions',
        `${path} belongs to another user (${owner}): ssh may refuse it`,
        `sudo chown ${ownerOf(user)} ${path}`,
      ),
    ]
  }
  if ((mode & 0o022) === 0) return []
  return [
    warning(
      'permissions',
      `others may write ${path}: ssh refuses keys and settings that others may change`,
      `chmod go-w ${path}`,
    ),
  ]
}

function ownerOf({ name, id }: Survey['user']): string {
  return name === undefined ? String(id) : wordOf(name)
}
