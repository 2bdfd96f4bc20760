import type { CommandSpec } from '../command-spec.ts'

/** What `dtest` proves, and in which order. */
export const scenarioNames = ['basic', 'real-time', 'bidirectional', 'conflict', 'performance'] as const

/** What it will prove once there is such a thing. */
export const plannedScenarios = ['git', 'handoff', 'launcher', 'discovery', 'environment', 'integration'] as const

/** The one command of the program `dtest`. */
export const dtestCommand: CommandSpec = {
  name: 'dtest',
  isProgram: true,
  says: 'prove on your own machines that dsync works, with figures, and leave nothing behind',
  operands: [
    {
      name: 'SCENARIO',
      says: `${scenarioNames.join(', ')}; default: all of them`,
      needed: false,
      many: true,
      words: scenarioNames,
    },
  ],
  options: {
    host: { says: 'between here and this host, by the daemon that runs', value: 'HOST', completes: 'hosts' },
    pipe: { says: 'between two directories of this machine, by a daemon of its own' },
    list: { says: 'only list the scenarios', short: 'l' },
  },
  examples: [
    ['dtest --host mac00', 'everything, in a folder of its own on both hosts'],
    ['dtest --pipe', 'without any other machine'],
    ['dtest --pipe conflict performance', 'two of them'],
  ],
  more: [
    'Works in a folder of its own below your home, here and there, which is a root for as long as it lasts.',
    'Ended with Ctrl-C or killed, it still takes everything away; what a crash of the machine left goes at its next start.',
  ],
}
