import type { Arguments } from './command-spec.ts'
import type { Outcome, Surroundings } from './surroundings.ts'

export type RunCommand = (given: Arguments, around: Surroundings) => Promise<Outcome>

/** How each command of the table is carried out, loaded when it is asked for: `status` must not pay for the others. */
export const commandRuns: Readonly<Record<string, () => Promise<RunCommand>>> = {
  start: async () => (await import('./commands/start-stop.ts')).start,
  stop: async () => (await import('./commands/start-stop.ts')).stop,
  restart: async () => (await import('./commands/start-stop.ts')).restart,
  status: async () => (await import('./commands/status.ts')).status,
  sync: async () => (await import('./commands/sync.ts')).sync,
  run: async () => (await import('./commands/run.ts')).run,
  push: async () => (await import('./commands/push.ts')).push,
  pull: async () => (await import('./commands/push.ts')).pull,
  verify: async () => (await import('./commands/verify.ts')).verify,
  conflicts: async () => (await import('./commands/conflicts.ts')).conflicts,
  diff: async () => (await import('./commands/diff.ts')).diff,
  resolve: async () => (await import('./commands/resolve.ts')).resolve,
  undo: async () => (await import('./commands/undo.ts')).undo,
  trash: async () => (await import('./commands/trash.ts')).trash,
  history: async () => (await import('./commands/history.ts')).history,
  why: async () => (await import('./commands/why.ts')).why,
  approve: async () => (await import('./commands/approve.ts')).approve,
  pause: async () => (await import('./commands/pause.ts')).pause,
  resume: async () => (await import('./commands/pause.ts')).resume,
  reset: async () => (await import('./commands/reset.ts')).reset,
  logs: async () => (await import('./commands/logs.ts')).logs,
  'hosts list': async () => (await import('./commands/hosts.ts')).list,
  'hosts add': async () => (await import('./commands/hosts.ts')).add,
  'hosts remove': async () => (await import('./commands/hosts.ts')).remove,
  'hosts check': async () => (await import('./commands/hosts.ts')).check,
  'roots list': async () => (await import('./commands/roots.ts')).list,
  'roots add': async () => (await import('./commands/roots.ts')).add,
  'roots remove': async () => (await import('./commands/roots.ts')).remove,
  'roots show': async () => (await import('./commands/roots.ts')).show,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  completions: async () => (await import('./commands/completions.ts')).completions,
  'config get': async () => (await import('./commands/config.ts')).get,
  'config set': async () => (await import('./commands/config.ts')).set,
  'config edit': async () => (await import('./commands/config-edit.ts')).edit,
  'config trust': async () => (await import('./commands/config-trust.ts')).trust,
  'config check': async () => (await import('./commands/config.ts')).check,
}
