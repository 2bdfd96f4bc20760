import type { RowTable } from './row.ts'
import { needsDaemon } from './row.ts'

export const versionRows: RowTable = {
  conflicts: {
    right: [{ line: 'conflicts', says: /^[^]*~\/project\/clash3\.txt[^]*→ dsync [^]*$/ }],
    wrong: [
      { line: 'confilcts', says: /^There is no command "confilcts"$/, next: /^dsync conflicts$/ },
      { line: 'conflicts /etc', says: /^Cannot find a root that holds \/etc$/, next: /^dsync roots list$/ },
      needsDaemon('conflicts'),
    ],
  },
  diff: {
    right: [{ line: 'diff ~/project/clash3.txt', exit: 3, says: /^[^]*mine[^]*theirs/ }],
    wrong: [
      { line: 'diff /etc', says: /^Cannot find a root that holds \/etc$/, next: /^dsync roots list$/ },
      needsDaemon('diff'),
    ],
  },
  resolve: {
    right: [{ line: 'resolve ~/project/clash{n}.txt --mine', says: /^resolved +~\/project\/clash1\.txt with twin\n$/ }],
    wrong: [
      { line: 'resolve --mine', says: /^Cannot tell which conflicts are meant/, next: /^dsync conflicts$/ },
      {
        line: 'resolve ~/project/clash3.txt',
        says: /^Cannot tell which version is meant/,
        next: /^dsync help resolve$/,
      },
      { line: 'resolve ~/project/clash3.txt --mine --theirs', says: /^Cannot tell which version/, next: /^dsync help/ },
      {
        line: 'resolve ~/project/clash3.txt --take nobody',
        says: /^Cannot take clash3\.txt from nobody: /,
        next: /^dsync resolve PATH --take \S+$/,
      },
      {
        line: 'resolve ~/project/kept/a.txt --mine',
        exit: 1,
        says: /no conflict stands there$/,
        next: /^dsync conflicts$/,
      },
      {
        line: 'resolve --all --mine',
        says: /^Cannot ask without a terminal: Resolve /,
        next: /--yes/,
        everywhere: true,
      },
      needsDaemon('resolve a --mine'),
    ],
  },
  undo: {
    right: [
      { line: 'undo ~/project/old{n}.txt --list', says: /^Would bring back 1 path:\n +~\/project\/old1\.txt on twin / },
      { line: 'undo ~/project/old{n}.txt', says: /^Brought back 1 path:\n +~\/project\/old1\.txt on twin / },
    ],
    wrong: [
      { line: 'undo ~/project/kept/a.txt', exit: 1, says: /^Cannot /, next: /^dsync / },
      { line: 'undo a b', says: /^There is one word too many: b$/, next: /^dsync help undo$/ },
      needsDaemon('undo'),
    ],
  },
  trash: {
    right: [
      { line: 'trash ~/project', says: /^[^]*~\/project\/old3\.txt/ },
      {
        line: 'trash --clean --dry-run',
        says: /^Would let go of 0 versions \(0 B\)\.\n {2}~\/project +\S+ +nothing +\S+ \S+ stay\n/,
      },
      { line: 'trash --clean --yes', says: /^Let go of 0 versions \(0 B\)\.\n/ },
    ],
    wrong: [
      {
        line: 'trash --limit 0',
        says: /^--limit must be a number, not less than 1: not "0"$/,
        next: /^dsync help trash$/,
      },
      { line: 'trash --clean', says: /^Cannot ask without a terminal: Let go of 0 versions/, next: /^Add --yes / },
      needsDaemon('trash'),
      needsDaemon('trash --clean --yes'),
    ],
  },
  history: {
    right: [{ line: 'history ~/project/old3.txt', says: /^[^]*~\/project\/old3\.txt[^]*dsync undo / }],
    wrong: [
      { line: 'history --limit many', says: /^--limit must be a number/, next: /^dsync help history$/ },
      { line: 'history /etc', says: /^Cannot find a root that holds \/etc$/, next: /^dsync roots list$/ },
    ],
  },
  why: {
    right: [{ line: 'why ~/project/kept/a.txt', says: /^~\/project\/kept\/a\.txt with twin\n/ }],
    wrong: [
      { line: 'why', says: /^PATH is missing: a file or directory$/, next: /^dsync help why$/ },
      needsDaemon('why a'),
    ],
  },
  logs: {
    right: [{ line: 'logs -n 1', says: /^\S+ .*\n$/ }],
    wrong: [
      { line: 'logs --lines=-1', says: /^--lines must be a number/, next: /^dsync help logs$/ },
      needsDaemon('logs --follow'),
    ],
  },
}
