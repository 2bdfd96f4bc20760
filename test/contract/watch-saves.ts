import type { WatchDisk } from './watch-disk.ts'

/** One system call of a program that saves, as `test/cases/watch-events.json` lists them. */
export type SaveStep =
  | readonly ['write' | 'append', path: string, text: string]
  | readonly ['chmod', path: string, mode: number]
  | readonly ['mkdir' | 'truncate' | 'unlink', path: string]
  | readonly ['rename' | 'copy', from: string, to: string]
  | readonly ['symlink', path: string, target: string]

export interface Save {
  /** What stands there before. `f` always does. */
  readonly before?: readonly SaveStep[]
  readonly steps: readonly SaveStep[]
  /** The paths that matter when it is over. */
  readonly final: readonly string[]
}

/** By the name of the tool in `test/cases/watch-events.json`. */
export const saves: Readonly<Record<string, Save>> = {
  'vim (backupcopy=auto, rename)': {
    steps: [
      ['write', '4913', ''],
      ['unlink', '4913'],
      ['rename', 'f', 'f~'],
      ['write', 'f', ''],
      ['append', 'f', 'new text'],
      ['chmod', 'f', 0o755],
      ['unlink', 'f~'],
    ],
    final: ['f', 'f~'],
  },
  'vim (backupcopy=yes)': {
    steps: [
      ['copy', 'f', 'f~'],
      ['truncate', 'f'],
      ['append', 'f', 'new text'],
      ['unlink', 'f~'],
    ],
    final: ['f', 'f~'],
  },
  'VS Code / nano / echo >': {
    steps: [
      ['truncate', 'f'],
      ['append', 'f', 'new '],
      ['append', 'f', 'text'],
    ],
    final: ['f'],
  },
  'JetBrains safe write': {
    steps: [
      ['write', 'f___jb_tmp___', 'new text'],
      ['rename', 'f', 'f___jb_old___'],
      ['rename', 'f___jb_tmp___', 'f'],
      ['unlink', 'f___jb_old___'],
    ],
    final: ['f', 'f___jb_tmp___', 'f___jb_old___'],
  },
  emacs: {
    steps: [
      ['symlink', '.#f', 'user@host.1234:1700000000'],
      ['rename', 'f', 'f~'],
      ['write', 'f', ''],
      ['append', 'f', 'new text'],
      ['unlink', '.#f'],
    ],
    final: ['f', 'f~', '.#f'],
  },
  'sed -i / perl -i': {
    steps: [
      ['write', 'sedAbCdEf', 'new text'],
      ['rename', 'sedAbCdEf', 'f'],
    ],
    final: ['f', 'sedAbCdEf'],
  },
  'git checkout': {
    before: [
      ['mkdir', '.git'],
      ['write', '.git/index', 'old index'],
    ],
    steps: [
      ['write', '.git/index.lock', 'new'],
      ['unlink', 'f'],
      ['write', 'f', ''],
      ['append', 'f', 'new text'],
      ['append', '.git/index.lock', ' index'],
      ['rename', '.git/index.lock', '.git/index'],
    ],
    final: ['f', '.git/index', '.git/index.lock'],
  },
  'git gc': {
    before: [
      ['mkdir', 'objects'],
      ['mkdir', 'objects/pack'],
      ['mkdir', 'objects/0a'],
      ['write', 'objects/0a/1', 'one'],
      ['write', 'objects/0a/2', 'two'],
      ['write', 'packed-refs', 'old'],
    ],
    steps: [
      ['write', 'objects/pack/tmp_pack', 'pack'],
      ['write', 'objects/pack/tmp_idx', 'index'],
      ['rename', 'objects/pack/tmp_pack', 'objects/pack/pack-1.pack'],
      ['rename', 'objects/pack/tmp_idx', 'objects/pack/pack-1.idx'],
      ['unlink', 'objects/0a/1'],
      ['unlink', 'objects/0a/2'],
      ['write', 'packed-refs.lock', 'new'],
      ['rename', 'packed-refs.lock', 'packed-refs'],
    ],
    final: ['objects/pack/pack-1.pack', 'objects/pack/pack-1.idx', 'objects/0a/1', 'objects/0a/2', 'packed-refs'],
  },
  'npm install': {
    before: [
      ['mkdir', 'node_modules'],
      ['mkdir', 'node_modules/.bin'],
      ['mkdir', 'node_modules/x'],
      ['write', 'node_modules/x/i.js', 'old'],
    ],
    steps: [
      ['rename', 'node_modules/x', 'node_modules/.x-2hJ8'],
      ['mkdir', 'node_modules/x'],
      ['write', 'node_modules/x/i.js', 'new'],
      ['symlink', 'node_modules/.bin/x', '../x/i.js'],
      ['unlink', 'node_modules/.x-2hJ8/i.js'],
    ],
    final: ['node_modules/x/i.js', 'node_modules/.bin/x', 'node_modules/.x-2hJ8/i.js'],
  },
  'tsc --watch / webpack': {
    before: [['mkdir', 'out'], ...outputs('old')],
    steps: outputs('new text'),
    final: outputs('').map(step => step[1]),
  },
  'SQLite WAL app': {
    before: [
      ['write', 'db', 'page 1 page 2'],
      ['write', 'db-wal', ''],
    ],
    steps: [
      ['append', 'db-wal', 'frame 1'],
      ['append', 'db-wal', 'frame 2'],
      ['append', 'db', ' page 3'],
      ['truncate', 'db-wal'],
    ],
    final: ['db', 'db-wal'],
  },
  'log appender': {
    before: [['write', 'log', '']],
    steps: Array.from({ length: 12 }, (_, i) => ['append', 'log', `line ${i}\n`] as const),
    final: ['log'],
  },
  'dd / mmap writer': {
    before: [['write', 'image', 'a'.repeat(4096)]],
    steps: [['write', 'image', 'b'.repeat(4096)]],
    final: ['image'],
  },
}

function outputs(text: string): SaveStep[] {
  return Array.from({ length: 150 }, (_, i) => ['write', `out/${i}.js`, `${text} ${i}`] as const)
}

export function runStep(disk: WatchDisk, step: SaveStep): void {
  switch (step[0]) {
    case 'write':
      return disk.write(step[1], step[2])
    case 'append':
      return disk.append(step[1], step[2])
    case 'chmod':
      return disk.chmod(step[1], step[2])
    case 'mkdir':
      return disk.mkdir(step[1])
    case 'truncate':
      return disk.truncate(step[1])
    case 'unlink':
      return disk.unlink(step[1])
    case 'rename':
      return disk.rename(step[1], step[2])
    case 'copy':
      return disk.copy(step[1], step[2])
    case 'symlink':
      return disk.symlink(step[1], step[2])
  }
}

/** Whether a step changes what stands at `path`, its mode aside. */
export function touches(step: SaveStep, path: string): boolean {
  if (step[0] === 'rename') return step[1] === path || step[2] === path
  return step[0] === 'copy' ? step[2] === path : step[0] !== 'chmod' && step[1] === path
}
