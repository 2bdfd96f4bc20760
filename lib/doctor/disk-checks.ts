import type { PlaceFacts, Survey } from '../remote/survey.ts'
import { placeNamed } from '../remote/survey.ts'
import type { Check } from './check.ts'
import { failed, note, ok, warning } from './check.ts'
import { bytesOf, countOf, wordOf } from './figures.ts'

/** A root as a survey was asked to look at it. */
export interface SurveyedRoot {
  /** The name of its place in the survey. */
  readonly place: string
  /** As people write it. */
  readonly shown: string
}

/** Free space below this is too little for an agent, a database and one file on its way; or soon will be (bytes). */
const failingBytes = 64 * 1024 ** 2
const scarceBytes = 1024 ** 3

/** The same for inodes: a checkout of a project has some thousands. */
const failingInodes = 500
const scarceInodes = 20_000

/** A row for each disk that holds the home or a root. */
export function diskChecks(survey: Survey, roots: readonly SurveyedRoot[]): Check[] {
  const disks = new Map<string, { readonly place: PlaceFacts; readonly names: string[] }>()
  const shown = new Map(roots.map(root => [root.place, root.shown]))
  for (const place of survey.places) {
    const name = place.name === 'kit' ? 'home' : shown.get(place.name)
    if (name === undefined) continue
    const key = `${place.totalBytes ?? place.path} ${place.fileSystem ?? ''}`
    const known = disks.get(key)
    if (known === undefined) disks.set(key, { place, names: [name] })
    else known.names.push(name)
  }
  return [...disks.values()].map(({ place, names }) => spaceCheck(place, names))
}

function spaceCheck({ freeBytes, totalBytes, freeInodes, path }: PlaceFacts, names: readonly string[]): Check {
  const check = `disk of ${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`
  if (freeBytes === undefined)
    return warning(check, 'Its space was not to be found out: does the disk answer?', `df ${wordOf(path)}`)
  const of = totalBytes === undefined ? '' : ` of ${bytesOf(totalBytes)}`
  const space = `${bytesOf(freeBytes)}${of} free`
  const inodes = freeInodes === undefined ? '' : `, room for ${countOf(freeInodes)} files`
  const fix = 'Make room on that disk; dsync trash shows what dsync keeps there'
  if (freeBytes < failingBytes) return failed(check, `${space}: too little to work with`, fix)
  if (freeInodes !== undefined && freeInodes < failingInodes) {
    return failed(check, `room for ${countOf(freeInodes)} files: too few to work with (inodes, df -i)`, fix)
  }
  if (freeBytes < scarceBytes) return warning(check, `${space}: what does not fit waits, and is listed`, fix)
  if (freeInodes !== undefined && freeInodes < scarceInodes) {
    return warning(check, `room for ${countOf(freeInodes)} files only (inodes, df -i)`, fix)
  }
  return ok(check, `${space}${inodes}`)
}

/** File systems that are somebody else's disk: mount(8) of Linux, mount of macOS. */
const network =
  /^(?:nfs\d?|cifs|smb\d?|smbfs|afpfs|webdav|9p|ceph|afs|vboxsf|fuse\.?(?:sshfs|rclone|s3fs)?|fuseblk|macfuse|osxfuse)$/i

/** Where dsync's own files lie, when that is not a disk of this machine. */
export function homeDiskChecks(survey: Survey): Check[] {
  const type = placeNamed(survey, 'kit')?.fileSystem
  if (type === undefined || !network.test(type)) return []
  return [
    warning(
      'home disk',
      `dsync's own files are on ${type}: locks and the database are not safe on the disk of another machine`,
      'Set DSYNC_HOME to a directory on a disk of this machine',
    ),
  ]
}

/** What there is to say of one root's place; nothing when all is well and nothing special. */
export function rootChecks(survey: Survey, { place: name, shown }: SurveyedRoot): Check[] {
  const place = placeNamed(survey, name)
  const check = `root ${shown}`
  if (place === undefined) return [warning(check, 'It was not to be found out: does its disk answer?')]
  if (!place.exists) return [note(check, `${place.path} is not there`, 'It is made at the first sync')]
  const checks = [...accessChecks(check, place, survey), ...kindChecks(check, place)]
  const directories = place.directories
  const count =
    directories === undefined ? '' : `, ${directories.isAll ? '' : 'over '}${countOf(directories.count)} directories`
  const isWrong = checks.some(({ result }) => result === 'failed' || result === 'warning')
  return isWrong ? checks : [ok(check, `${place.path}${count}`), ...checks]
}

function accessChecks(check: string, place: PlaceFacts, { mac }: Survey): Check[] {
  if (mac !== undefined && !place.isListed) {
    const meaning = `macOS does not let dsync look into ${place.path}`
    return [failed(check, meaning, 'System Settings → Privacy & Security → Full Disk Access: add the runtime of dsync')]
  }
  if (!place.isListed) return [failed(check, `${place.path} cannot be read`, `chmod u+rx ${wordOf(place.path)}`)]
  if (!place.isWritable) return [failed(check, `${place.path} cannot be written`, `chmod u+wx ${wordOf(place.path)}`)]
  return []
}

function kindChecks(check: string, { fileSystem, foldsCase, attributes, accessLists }: PlaceFacts): Check[] {
  const checks: Check[] = []
  if (fileSystem !== undefined && network.test(fileSystem)) {
    checks.push(
      note(
        check,
        `on ${fileSystem}, where changes made elsewhere send no events: it is looked through again and again`,
      ),
    )
  }
  if (foldsCase === true) {
    checks.push(note(check, 'File and file are one name there: of two such names one stays where it is, and is listed'))
  }
  const left = [
    ...((attributes ?? 0) > 0 ? [`extended attributes of ${countOf(attributes ?? 0)} entries`] : []),
    ...((accessLists ?? 0) > 0 ? [`access lists of ${countOf(accessLists ?? 0)} entries`] : []),
  ]
  if (left.length > 0) checks.push(note(check, `${left.join(' and ')} are not carried: they stay on this host`))
  return checks
}
