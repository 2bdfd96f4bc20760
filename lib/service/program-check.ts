import { join } from 'node:path'
import { saidBy, toolRunner } from './run-tool.ts'
import type { ServicePlace } from './service-place.ts'
import { serviceEnvironment } from './service-place.ts'

/**
 * Why the service's program does not start when it gets what a supervisor gives it and nothing else: its Node was moved
 * or removed, or its kit. Undefined when it starts.
 */
export async function programTrouble(place: ServicePlace): Promise<string | undefined> {
  const program = join(place.kit, 'bin/dsync')
  const end = await toolRunner({ ...serviceEnvironment(place), HOME: place.userHome })([program, '--version'])
  if (end === undefined) return `${program} is gone`
  return end.code === 0 ? undefined : saidBy(end).replace(/^dsync: /, '')
}
