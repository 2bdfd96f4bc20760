import type { ErrorObject, ValidateFunction } from 'ajv'
import { Ajv } from 'ajv'
import type { Config } from './config.ts'
import { configSchema } from './config-schema.ts'

/** One mistake in the settings, by its place in the value. */
export interface Finding {
  readonly path: readonly (string | number)[]
  readonly message: string
  /** The property of the object at `path` that is meant, by its name's own place. */
  readonly key?: string
  readonly hint?: string
}

let validator: ValidateFunction | undefined

/** What a value has that `config.json` may not have, in a person's words. */
export function schemaFindings(value: unknown): Finding[] {
  validator ??= new Ajv({ allErrors: true, verbose: true }).compile(configSchema)
  if (validator(value)) return []
  return (validator.errors ?? []).flatMap(error => findingOf(error) ?? [])
}

/** A mistake in a person's words; errors that only repeat another one from above are left out. */
function findingOf(error: ErrorObject): Finding | undefined {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer)
  const name = JSON.stringify(path.at(-1) ?? 'the file')
  const parameters = error.params as Readonly<Record<string, unknown>>
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(parameters['additionalProperty'])
      const known = Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {})
      return { path, key, message: `${JSON.stringify(key)} means nothing here; known: ${known.join(', ')}` }
    }
    case 'required':
      return { path, message: `${JSON.stringify(parameters['missingProperty'])} is missing` }
    case 'propertyNames': {
      const key = String(parameters['propertyName'])
      return { path, key, message: `${JSON.stringify(key)} cannot be a host's name` }
    }
    case 'enum':
      return isOwnWatcherWord(error)
        ? undefined
        : { path, message: `${name} must be one of ${wordsOf(parameters['allowedValues'])}` }
    case 'oneOf':
      return {
        path,
        message: `${name} must be one of ${configSchema.definitions.watcher.enum.join(', ')}, or one of them for each host`,
      }
    case 'minProperties':
    case 'maxProperties':
      return { path, message: `${name} must say one way to reach it: "ssh" or "pipe"` }
    case 'type':
      return error.schemaPath.includes('/oneOf/')
        ? undefined
        : { path, message: `${name} must be ${article(parameters['type'])}` }
    case 'pattern':
      return error.propertyName === undefined ? { path, message: `${name} ${patternMessage(error)}` } : undefined
    case 'not':
      return error.propertyName === undefined
        ? { path, message: `${name} is a word with a meaning of its own` }
        : undefined
    default:
      return { path, message: `${name} ${error.message ?? 'is not valid'}` }
  }
}

/** Within a `oneOf`, the alternative that did not fit complains as well. */
function isOwnWatcherWord(error: ErrorObject): boolean {
  return error.schemaPath.startsWith('#/definitions/watcher/') && error.instancePath.endsWith('/watcher')
}

function patternMessage(error: ErrorObject): string {
  if (error.schemaPath.startsWith('#/definitions/absolutePath')) return 'must be absolute, or begin with ~/'
  if (error.schemaPath.startsWith('#/definitions/hostName'))
    return "must be a host's name: letters, digits, '.', '_', '-'"
  if (error.schemaPath.includes('/bandwidth/')) return 'must be a number of KB, MB or GB a second, such as "500 KB"'
  return 'must be 32 hexadecimal digits, as `dsync roots add` makes them'
}

function wordsOf(values: unknown): string {
  return Array.isArray(values) ? values.map(String).join(', ') : ''
}

function article(type: unknown): string {
  const word = String(type)
  return /^[aeiou]/.test(word) ? `an ${word}` : `a ${word}`
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** What a schema cannot say: names that lead nowhere and ids used twice. */
export function contradictions(config: Config): Finding[] {
  const findings: Finding[] = []
  const ids = new Map<string, string>()
  for (const [path, root] of Object.entries(config.roots)) {
    const same = ids.get(root.id)
    if (same !== undefined) findings.push({ path: ['roots', path, 'id'], message: `this id is that of ${same} too` })
    ids.set(root.id, path)
    root.afterSync?.forEach(({ on }, i) => {
      if (on === undefined || on === config.name || root.on.includes(on)) return
      const message = `this root is not on ${JSON.stringify(on)}; leave "on" out for this host`
      findings.push({ path: ['roots', path, 'afterSync', i, 'on'], message })
    })
    root.on.forEach((host, i) => {
      if (config.hosts[host] !== undefined) return
      const message = `there is no host ${JSON.stringify(host)}`
      findings.push({ path: ['roots', path, 'on', i], message, hint: `dsync hosts add ${host}` })
    })
  }
  return findings
}
