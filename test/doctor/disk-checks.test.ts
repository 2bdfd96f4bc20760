import { describe } from 'node:test'
import type { Check } from '../../lib/doctor/check.ts'
import { diskChecks, homeDiskChecks, rootChecks } from '../../lib/doctor/disk-checks.ts'
import { watchChecks } from '../../lib/doctor/watch-checks.ts'
import type { Survey } from '../../lib/remote/survey.ts'
import type { Row } from './check-rows.ts'
import { inodes, space, testRows } from './check-rows.ts'

const roots = [{ place: 'root.0', shown: '~/projects' }]
const disk = (survey: Survey): readonly Check[] => diskChecks(survey, roots)
const root = (survey: Survey): readonly Check[] => rootChecks(survey, { place: 'root.0', shown: '~/projects' })
const watches = (survey: Survey): readonly Check[] => watchChecks(survey, roots, false)
const watched = (survey: Survey): readonly Check[] => watchChecks(survey, roots, true)

const rows: readonly Row[] = [
  { says: 'room on one disk', check: disk, result: 'ok', meaning: /^70 GB of 271 GB free, room for 15,823,621 files$/ },
  {
    says: 'a root on another disk',
    check: disk,
    changes: { 'place.space root.0 ': space(900_000_000, 'xfs') },
    result: ['ok', 'ok'],
  },
  {
    says: 'a scarce disk',
    check: disk,
    changes: { 'place.space ': `kit ${space(500_000)}` },
    result: ['warning', 'warning'],
    fix: /dsync trash/,
  },
  {
    says: 'a full disk',
    check: disk,
    changes: { 'place.space root.0 ': space(9_000, 'xfs') },
    result: ['ok', 'failed'],
    meaning: /9\.2 MB of 1 GB free: too little/,
  },
  {
    says: 'few inodes',
    check: disk,
    changes: { 'place.inodes kit ': inodes(3000) },
    result: 'warning',
    meaning: /3,000 files only/,
  },
  { says: 'no inodes', check: disk, changes: { 'place.inodes kit ': inodes(3) }, result: 'failed', meaning: /too few/ },
  {
    says: 'a disk that does not answer',
    check: disk,
    changes: { 'place.space kit': undefined },
    result: ['warning', 'ok'],
    fix: /^df /,
  },
  { says: 'a disk of this machine', check: homeDiskChecks, result: [] },
  {
    says: "dsync's home on NFS",
    check: homeDiskChecks,
    changes: { 'place.space kit ': space(90_000_000, 'nfs4') },
    result: 'warning',
    fix: /DSYNC_HOME/,
  },
  { says: 'a root', check: root, result: 'ok', meaning: /^\/home\/ann\/projects, 31,415 directories$/ },
  {
    says: 'a root too large to count',
    check: root,
    changes: { 'inside ': 'root.0 20000 more' },
    result: 'ok',
    meaning: /over 20,000/,
  },
  {
    says: 'a root that is not there',
    check: root,
    changes: { 'place.missing root.0 ': '/home/ann/projects' },
    result: 'note',
  },
  { says: 'a root that hangs', check: root, changes: { 'place root.0': undefined }, result: 'warning' },
  {
    says: 'a root that is not to be read',
    check: root,
    changes: { 'place.listed root.0': undefined },
    result: 'failed',
    fix: /^chmod u\+rx \/home\/ann\/projects$/,
  },
  {
    says: 'a root that is not to be written',
    check: root,
    changes: { 'place.writable root.0': undefined },
    result: 'failed',
    fix: /^chmod u\+wx/,
  },
  {
    says: 'a root on a network disk',
    check: root,
    changes: { 'place.space root.0 ': space(90_000_000, 'fuse.sshfs') },
    result: ['ok', 'note'],
  },
  { says: 'a root whose names fold', check: root, changes: { 'place.folds root.0 ': 'yes' }, result: ['ok', 'note'] },
  {
    says: 'attributes and access lists',
    check: root,
    changes: { 'extras.attributes root.0 ': '12', 'extras.acls root.0 ': '3' },
    result: ['ok', 'note'],
    meaning: /of 12 entries and access lists of 3 entries are not carried/,
  },
  { says: 'no attributes', check: root, changes: { 'extras.attributes root.0 ': '0' }, result: 'ok' },
  {
    says: 'Documents, on a Mac that keeps it closed',
    mac: true,
    check: root,
    changes: { 'place root.0 ': '/Users/ann/Documents', 'place.writable root.0 ': 'yes' },
    result: 'failed',
    fix: /Full Disk Access/,
  },
  {
    says: 'watches',
    check: watches,
    result: 'ok',
    meaning: /^31,415 directories to watch, 524,288 watches allowed, 1,200 in use/,
  },
  { says: 'no inotify', check: watches, mac: true, result: [] },
  {
    says: 'too few watches',
    check: watches,
    changes: { 'watches.max_user_watches ': '8192' },
    result: 'warning',
    fix: /^echo fs\.inotify\.max_user_watches=524288 \| sudo tee -a \S+ && sudo sysctl --system$/,
  },
  {
    says: 'nearly too few',
    check: watches,
    changes: { 'watches.max_user_watches ': '35000' },
    result: 'note',
    meaning: /nearly used up/,
  },
  {
    says: 'enough, ours among those in use',
    check: watched,
    changes: { 'watches.max_user_watches ': '65536', 'watches.used ': '40000' },
    result: 'ok',
    meaning: /8,585 in use by others/,
  },
  {
    says: 'too many to count',
    check: watches,
    changes: { 'inside ': 'root.0 20000 more' },
    result: 'note',
    meaning: /too many to count/,
  },
  {
    says: 'a limit for a million directories',
    check: watches,
    changes: { 'inside ': 'root.0 1000000' },
    result: 'warning',
    fix: /max_user_watches=2097152/,
  },
  {
    says: 'no instance left',
    check: watches,
    changes: { 'watches.instances ': '127' },
    result: ['ok', 'warning'],
    fix: /max_user_instances=1024/,
  },
]

describe('what disks and watches are like', () => {
  testRows(rows)
})
