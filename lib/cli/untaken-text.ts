import { escape } from './escape.ts'
import { countText } from './quantities.ts'

/** `3 changes on twin are not taken`. @param host where they were made; '' for here */
export function untakenText(count: number, host: string): string {
  const where = host === '' ? 'here' : `on ${escape(host)}`
  return `${countText(count, 'change')} ${where} ${count === 1 ? 'is' : 'are'} not taken`
}
