import type { Survey } from '../../lib/remote/survey.ts'
import { surveyOf } from '../../lib/remote/survey-facts.ts'

/** What a healthy Linux host says, a line each. */
export const linuxLines: readonly string[] = [
  'begin',
  'umask 0022',
  'user.home /home/ann',
  'user.shell /bin/bash',
  'kit.home /home/ann/.dsync',
  'path /usr/local/bin:/usr/bin:/bin',
  'locale.set C.UTF-8',
  'files 1048576',
  'agent.socket /tmp/ssh-x/agent.1',
  ...['machine', 'agent', 'files', 'watches', 'runtimes', 'kit'].map(probe => `begun ${probe}`),
  ...['try home /home/ann', 'try kit /home/ann/.dsync', 'try tmp /tmp'].map(probe => `begun ${probe}`),
  ...['place home /home/ann', 'place kit /home/ann/.dsync', 'place tmp /tmp'].map(probe => `begun ${probe}`),
  ...['place root.0 /home/ann/projects', 'inside root.0 /home/ann/projects'].map(probe => `begun ${probe}`),
  'system.name Linux',
  'system.machine x86_64',
  'system.release 6.1.0-18-amd64',
  'system.bits 64',
  'system.libc glibc 2.36',
  'systemd yes',
  'linger yes',
  'user.id 1000',
  'user.name ann',
  'locale.charmap UTF-8',
  'agent.answer 0',
  ...place('root.0', '/home/ann/projects'),
  ...place('home', '/home/ann'),
  ...place('kit', '/home/ann/.dsync'),
  ...place('tmp', '/tmp'),
  ...['home', 'kit', 'tmp'].flatMap(name => [`try.write ${name} yes`, `try.run ${name} yes`]),
  'inside root.0 20000 more',
  'inside root.0 31415',
  'program rsync /usr/bin/rsync',
  'version rsync rsync  version 3.2.7  protocol version 31',
  'program git /usr/bin/git',
  'version git git version 2.39.5',
  'program tmux /usr/bin/tmux',
  'version tmux tmux 3.3a',
  'program ssh /usr/bin/ssh',
  'version ssh OpenSSH_9.2p1 Debian-2+deb12u3, OpenSSL 3.0.15 3 Sep 2024',
  'program sha256sum /usr/bin/sha256sum',
  'version sha256sum sha256sum (GNU coreutils) 9.1',
  'runtime node v24.21.0 /usr/local/bin/node',
  'runtime node v24.21.0 /usr/local/bin/node',
  'file . drwx------ 9 1000 1000 4096 Nov 23 07:00 /home/ann/.dsync/.',
  'file config.json -rw------- 1 1000 1000 99 Nov 23 07:00 /home/ann/.dsync/config.json',
  'file run/control.sock srw------- 1 1000 1000 0 Nov 23 07:00 /home/ann/.dsync/run/control.sock',
  'file kit drwxr-xr-x 2 1000 1000 4096 Nov 23 07:00 /home/ann/.dsync/kit',
  'file ~/. drwxr-xr-x 20 1000 1000 4096 Nov 23 07:00 /home/ann/.',
  'file ~/.ssh drwx------ 2 1000 1000 4096 Nov 23 07:00 /home/ann/.ssh',
  'watches.max_user_watches 524288',
  'watches.max_user_instances 128',
  'watches.max_queued_events 16384',
  'watches.used 1200',
  'watches.instances 9',
  ...['machine', 'agent', 'files', 'watches', 'runtimes', 'kit'].map(probe => `done ${probe}`),
  ...['try home /home/ann', 'try kit /home/ann/.dsync', 'try tmp /tmp'].map(probe => `done ${probe}`),
  ...['place home /home/ann', 'place kit /home/ann/.dsync', 'place tmp /tmp'].map(probe => `done ${probe}`),
  ...['place root.0 /home/ann/projects', 'inside root.0 /home/ann/projects'].map(probe => `done ${probe}`),
  'end',
]

function place(name: string, path: string): string[] {
  const head = 'Filesystem     Type 1024-blocks     Used Available Capacity Mounted on'
  const inodes = 'Filesystem       Inodes  IUsed    IFree IUse% Mounted on'
  return [
    `place ${name} ${path}`,
    `place.writable ${name} yes`,
    `place.listed ${name} yes`,
    `place.space ${name} ${head}\r/dev/vda1       ext4   264212084 27577836  67923428      29% /\r`,
    `place.inodes ${name} ${inodes}\r/dev/vda1       16777216 953595 15823621    6% /\r`,
    `place.folds ${name} no`,
  ]
}

/**
 * What a Mac of macOS 15 says, put together from its manuals and from what its programs print (df, mount, sw_vers, pmset,
 * openrsync, ls); the script was not run on one.
 */
export const macLines: readonly string[] = [
  'begin',
  'umask 0022',
  'user.home /Users/ann',
  'user.shell /bin/zsh',
  'kit.home /Users/ann/.dsync',
  'path /usr/bin:/bin:/usr/sbin:/sbin',
  'files 256',
  'system.name Darwin',
  'system.machine arm64',
  'system.release 24.1.0',
  'system.bits 64',
  'user.id 501',
  'user.name ann',
  'locale.charmap US-ASCII',
  'place home /Users/ann',
  'place.writable home yes',
  'place.listed home yes',
  'place.space home Filesystem   1024-blocks      Used Available Capacity  Mounted on\r/dev/disk3s5   482797652 211402392 239804928    47%    /System/Volumes/Data\r',
  'place.inodes home Filesystem   512-blocks      Used Available Capacity iused      ifree %iused  Mounted on\r/dev/disk3s5   965595304 422804784 479609856    47% 2123456 2398049280    0%   /System/Volumes/Data\r',
  'place.mount home apfs, local, journaled, nobrowse, protect, root data)',
  'place.folds home yes',
  'place kit /Users/ann/.dsync',
  'place.missing kit /Users/ann/.dsync',
  'place.writable kit yes',
  'try.write home yes',
  'try.run home yes',
  'program rsync /usr/bin/rsync',
  'version rsync openrsync: protocol version 29',
  'program ssh /usr/bin/ssh',
  'version ssh OpenSSH_9.8p1, LibreSSL 3.3.6',
  'program git /opt/homebrew/bin/git',
  'version git git version 2.47.0',
  'program shasum /usr/bin/shasum',
  'version shasum 6.02',
  'runtime node v26.10.0 /opt/homebrew/bin/node',
  'runtime deno deno 2.1.4 (stable, release, aarch64-apple-darwin) /opt/homebrew/bin/deno',
  'file . drwx------@ 9 501 20 288 Nov 23 07:00 /Users/ann/.dsync/.',
  'file ~/. drwxr-x---+ 40 501 20 1280 Nov 23 07:00 /Users/ann/.',
  'mac.version 15.1',
  'mac.translated 0',
  'mac.sleep sleep                1 (sleep prevented by sharingd)',
  'mac.full-disk no',
  'end',
]

/** A survey of such lines, some of them replaced: by what each begins with, and what stands instead (undefined: nothing). */
export function surveyWith(
  lines: readonly string[],
  changes: Readonly<Record<string, string | undefined>> = {},
): Survey {
  const keys = Object.keys(changes)
  const kept = lines.filter(line => !keys.some(key => line.startsWith(key)))
  const added = keys.flatMap(key => {
    const value = changes[key]
    return value === undefined ? [] : [`${key}${value}`]
  })
  return surveyOf([...kept, ...added], [{ asked: 1000.5e9, came: 1000.5e9 + 20, said: '1000500000010000000' }])
}
