import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Pair } from '../pair.ts'
import { until } from '../until.ts'
import type { RowTable } from './row.ts'
import { needsDaemon } from './row.ts'

/** Deletes a directory of many files, which a guard holds. */
async function held(pair: Pair): Promise<void> {
  rmSync(join(pair.alpha, 'many'), { recursive: true })
  await until('the deletes are held', async () => (await pair.sync('~/project/many')).code === 4)
}

export const syncRows: RowTable = {
  start: {
    right: [
      { line: 'start', says: /^The daemon runs already \(process \d+, 1 session\)\.\n$/ },
      { line: 'start --dry-run', says: /^The daemon runs already / },
      { line: 'start --help', says: /^Start the daemon[^]*Usage: dsync start/ },
    ],
    wrong: [{ line: 'start now', says: /^There is one word too many: now$/, next: /^dsync help start$/ }],
  },
  stop: {
    right: [
      { line: 'stop --dry-run', says: /^Would stop the daemon / },
      { line: 'stop', says: /^The daemon has stopped\.\n$/ },
    ],
    wrong: [{ line: 'stop --force', says: /^dsync stop has no option --force$/, next: /^dsync help stop$/ }],
  },
  restart: {
    right: [{ line: 'restart', says: /^The daemon runs \(process \d+, 1 session\)\.\n$/ }],
    wrong: [
      {
        line: 'restart --jsn',
        says: /^dsync restart has no option --jsn; did you mean --json\?$/,
        next: /^dsync help restart$/,
      },
    ],
  },
  status: {
    right: [
      {
        line: 'status',
        says: /^dsync on \S+, up [^]*, process \d+, started by hand\n[^]* ~\/project +twin \(pipe\b[^)]*\) +\w+/,
        everywhere: true,
      },
    ],
    wrong: [
      { line: 'statsu', says: /^There is no command "statsu"$/, next: /^dsync status$/, everywhere: true },
      { line: 'status --wacth', says: /has no option --wacth; did you mean --watch\?$/, next: /^dsync help status$/ },
      { ...needsDaemon('status'), everywhere: true },
    ],
  },
  sync: {
    right: [
      { line: 'sync ~/project/kept', says: /^in sync +~\/project with twin\n$/ },
      { line: 'sync', exit: 3, says: /^3 conflicts +~\/project with twin +→ dsync conflicts ~\/project\n/ },
    ],
    wrong: [
      {
        line: 'sync --tiemout 3',
        says: /has no option --tiemout; did you mean --timeout\?$/,
        next: /^dsync help sync$/,
      },
      { line: 'sync --timeout soon', says: /^--timeout must be a number, not less than 0: not "soon"$/, next: /sync$/ },
      {
        line: 'sync /etc',
        says: /^Cannot find a root that holds \/etc$/,
        next: /^dsync roots list$/,
        everywhere: true,
      },
      { line: 'sync --on twni', says: /^Cannot find a session with the host "twni"/, next: /^dsync / },
      needsDaemon('sync'),
    ],
  },
  push: {
    right: [
      { line: 'push ~/project/kept --yes', says: /^nothing to do +~\/project\/kept, from \S+ to twin\n$/ },
      {
        line: 'push ~/project/clash3.txt --dry-run',
        says: /^~\/project\/clash3\.txt, from \S+ to twin: .*\n +replace +5 B +~\/project\/clash3\.txt\n/,
        everywhere: true,
      },
    ],
    wrong: [
      { line: 'push --to twin', says: /^dsync push has no option --to/, next: /^dsync help push$/ },
      { line: 'push /etc', says: /^Cannot find a root that holds \/etc$/, next: /^dsync roots list$/ },
      needsDaemon('push'),
    ],
  },
  pull: {
    right: [
      {
        line: 'pull ~/project/clash3.txt --dry-run',
        says: /^~\/project\/clash3\.txt, from twin to \S+: .*\n +replace +7 B +~\/project\/clash3\.txt\n/,
      },
    ],
    wrong: [
      { line: 'pull ~/nowhere --yes', says: /^Cannot find a root that holds .*\/nowhere$/, next: /^dsync roots list$/ },
      { line: 'pull --on nobody', says: /^Cannot find a session with the host "nobody"/, next: /^dsync / },
      needsDaemon('pull'),
    ],
  },
  run: {
    right: [
      {
        line: 'run --force -- test -f kept/a.txt',
        inRoot: true,
        says: /^$/,
        shows: /^3 conflicts +~\/project with twin[^]*$/,
        everywhere: true,
      },
      { line: 'run --dry-run -- make test', inRoot: true, says: /^Would run on twin in \S+\/project: make test\n$/ },
    ],
    wrong: [
      { line: 'run', says: /COMMAND/, next: /^dsync help run$/ },
      { line: 'run -- true', exit: 125, says: /lies in no root; there is /, next: /^cd / },
      { ...needsDaemon('run -- true'), exit: 125 },
    ],
  },
  switch: {
    right: [
      {
        line: 'switch twin --dry-run',
        inRoot: true,
        says: /^Would bring everything to twin, and open a shell in ~\/project there\.\n$/,
      },
      {
        line: 'switch twin --yes --dry-run',
        says: /^Would bring everything to twin, and open a shell in ~ there\.\n$/,
        everywhere: true,
      },
    ],
    wrong: [
      { line: 'switch', says: /^HOST is missing: /, next: /^dsync help switch$/ },
      {
        line: 'switch twin',
        exit: 125,
        says: /^Cannot switch to twin: a shell there needs a terminal, and no --json$/,
        next: /^dsync run --on twin -- COMMAND$/,
        everywhere: true,
      },
      {
        line: 'switch twni',
        exit: 125,
        says: /^Cannot find a session with the host "twni"$/,
        next: /^dsync hosts list$/,
      },
      { ...needsDaemon('switch twin'), exit: 125 },
    ],
  },
  verify: {
    right: [{ line: 'verify ~/project/kept', says: /^[^]*twin/ }],
    wrong: [
      { line: 'verify /etc', says: /^Cannot find a root that holds \/etc$/, next: /^dsync roots list$/ },
      needsDaemon('verify'),
    ],
  },
  reset: {
    right: [
      { line: 'reset --dry-run', says: /^would reset +~\/project with twin\n$/ },
      { line: 'reset --help', says: /^[^]*Usage: dsync reset/ },
    ],
    wrong: [
      {
        line: 'reset',
        says: /^Cannot ask without a terminal: Compare 1 root anew\?$/,
        next: /--yes/,
        shows: /^to reset[^]*?\n(?=dsync: )/,
      },
      { line: 'reset ~/nowhere --yes', says: /^Cannot find a root /, next: /^dsync roots list$/ },
    ],
  },
  approve: {
    right: [
      {
        line: 'approve --yes',
        says: /^approved +~\/project with twin: mass-delete\n$/,
        shows: /^~\/project with twin: deletes 26 of \d+ entries of the root \(mass-delete, on twin\)\n +~/,
        before: held,
        everywhere: true,
      },
    ],
    wrong: [
      { line: 'approve ~/nowhere', says: /^Cannot find a root that holds .*\/nowhere$/, next: /^dsync roots list$/ },
      { line: 'approve --on nobody', says: /^Cannot find a session with the host "nobody"/, next: /^dsync / },
      needsDaemon('approve'),
    ],
  },
  pause: {
    right: [{ line: 'pause', says: /^paused +~\/project with twin\n$/ }],
    wrong: [
      { line: 'pause --on nobody', says: /^Cannot find a session with the host "nobody"/, next: /^dsync / },
      needsDaemon('pause'),
    ],
  },
  resume: {
    right: [{ line: 'resume', says: /^resumed +~\/project with twin\n$/ }],
    wrong: [
      { line: 'resume ~/nowhere', says: /^Cannot find a root that holds /, next: /^dsync roots list$/ },
      needsDaemon('resume'),
    ],
  },
}
