import type { CommandSpec } from '../command-spec.ts'
import { dryRun, onHost, path, yes } from './words.ts'

/** Versions of files, and what happened to them. */
export const versionCommands: readonly CommandSpec[] = [
  {
    name: 'conflicts',
    says: 'list what was changed on both sides',
    operands: [path],
    options: { on: onHost },
    examples: [['dsync conflicts', 'all of them, with the command that ends each']],
  },
  {
    name: 'diff',
    says: 'show both versions of conflicts',
    operands: [path],
    options: { on: onHost },
    examples: [['dsync diff notes.txt', 'this host first, the other second']],
    more: ['Exit code 3 when there is a difference.'],
  },
  {
    name: 'resolve',
    says: 'end conflicts by taking one version, or both',
    operands: [
      { name: 'PATH', says: 'a conflicting file, or a directory with conflicts', needed: false, completes: 'files' },
    ],
    options: {
      all: { says: 'every conflict' },
      mine: { says: "this host's version" },
      theirs: { says: "the other host's version" },
      take: { says: "this host's version, by name", value: 'HOST', completes: 'hosts' },
      newest: { says: 'the version that was changed last' },
      both: { says: "keep this host's version, and put the other beside it" },
      on: onHost,
      'dry-run': dryRun,
      yes,
    },
    examples: [
      ['dsync resolve notes.txt --mine', 'the other version goes to the trash'],
      ['dsync resolve --all --newest', 'asks first'],
    ],
    more: ['It acts on what was shown last, and refuses when that has changed since. The loser goes to the trash.'],
  },
  {
    name: 'undo',
    says: 'bring back what dsync replaced or deleted',
    operands: [
      {
        name: 'PATH|ID|GROUP',
        says: 'a path, or an id or group of dsync trash; default: what was done last',
        needed: false,
        completes: 'files',
      },
    ],
    options: {
      list: { says: 'only show what would come back' },
      'dry-run': { says: 'the same as --list' },
      on: { says: "from this host's trash", value: 'HOST', completes: 'hosts' },
    },
    examples: [
      ['dsync undo notes.txt', 'the version before the last sync'],
      ['dsync undo --list', 'what a plain undo would bring back'],
    ],
    more: ['What stands there now goes to the trash, so an undo can be undone.'],
  },
  {
    name: 'trash',
    says: 'list what dsync replaced or deleted',
    operands: [path],
    options: {
      on: { says: "only this host's trash", value: 'HOST', completes: 'hosts' },
      limit: { says: 'at most so many (50)', value: 'COUNT', short: 'n', atLeast: 1 },
      clean: { says: 'let go of what need not be kept any longer' },
      'dry-run': { says: 'with --clean: only say how much that is' },
      yes,
    },
    examples: [
      ['dsync trash ~/projects/site', 'with the id that dsync undo takes'],
      ['dsync trash --clean', 'what is over 30 days old, and more where the trash is over its bound'],
    ],
    more: ['The daemon cleans each hour by itself. What is under a day old stays, however full the trash is.'],
  },
  {
    name: 'history',
    says: 'show what happened to a path, and which versions can be brought back',
    operands: [path],
    options: { limit: { says: 'at most so many (50)', value: 'COUNT', short: 'n', atLeast: 1 } },
    examples: [['dsync history notes.txt', 'newest first, under its earlier names too']],
    more: ['It reads the log of this host and the trash of all. Without a daemon, the log alone.'],
  },
  {
    name: 'why',
    says: 'say what state one path is in, and why',
    operands: [{ name: 'PATH', says: 'a file or directory', needed: true }],
    options: {},
    examples: [
      ['dsync why notes.txt', 'in sync, waiting, ignored, held, in conflict, …, and the command that comes next'],
    ],
  },
  {
    name: 'logs',
    says: 'show what was done',
    operands: [],
    options: {
      follow: { says: 'go on as it happens', short: 'f' },
      realtime: { says: 'only changes that travelled, with the time they took' },
      lines: { says: 'so many past lines (50)', value: 'COUNT', short: 'n', atLeast: 0 },
    },
    examples: [['dsync logs -f', 'until Ctrl-C']],
  },
]
