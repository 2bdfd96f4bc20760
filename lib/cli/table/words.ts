import type { OperandSpec, OptionSpec } from '../command-spec.ts'

export const path: OperandSpec = {
  name: 'PATH',
  says: 'a file or directory in a root; default: all roots',
  needed: false,
  completes: 'files',
}
export const root: OperandSpec = { name: 'ROOT', says: 'a root; default: all', needed: false, completes: 'roots' }
export const yes: OptionSpec = { says: 'do not ask', short: 'y' }
export const dryRun: OptionSpec = { says: 'only show what would be done' }
export const onHost: OptionSpec = { says: 'only this host', value: 'HOST', completes: 'hosts' }
