import { parse } from 'jsonc-parser'
import { valuePosition } from './config-reader.ts'
import { configSchema } from './config-schema.ts'
import type { KitHome } from './kit-home.ts'
import { readPrivateFile } from './private-file.ts'

/** One setting of `config.json`: something that has a value, or could have one. */
export interface Setting {
  /** Its place as one word: `roots.~/projects.watcher`. */
  readonly key: string
  readonly path: readonly string[]
  /** What is in force; undefined when nobody said anything and there is no default. */
  readonly value: unknown
  /** Where it is written; undefined for a default. */
  readonly at: { readonly line: number; readonly column: number } | undefined
  readonly says: string
  readonly takes: 'text' | 'list' | 'json'
  /** What a text may be, where that is fixed. */
  readonly words: readonly string[]
}

/** What is read of a JSON Schema here. */
interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly oneOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: boolean | Schema
  readonly default?: unknown
  readonly description?: string
}

/**
 * Every setting there is, in the order of the schema: its fixed ones, and those of each host and root in the file. Pure.
 * @param text a `config.json` without mistakes
 * @param own this host's name where the file gives it none
 */
export function listSettings(text: string, own: string): Setting[] {
  const value: unknown = parse(text, [], { allowTrailingComma: true })
  const leaves = leavesOf(configSchema as Schema, value, [])
  return leaves.map(({ path, schema, value }) => {
    const fallback = path.join('.') === 'name' ? own : schema.default
    return {
      key: path.join('.'),
      path,
      value: value ?? fallback,
      at: valuePosition(text, path),
      says: schema.description ?? '',
      takes: takes(schema),
      words: words(schema),
    }
  })
}

/** The keys of a home's settings, also where they have mistakes. */
export function settingKeys(home: KitHome, own: string): string[] {
  return [...listSettings(readPrivateFile(home.config) ?? '', own).map(({ key }) => key), 'paths']
}

interface Leaf {
  readonly path: readonly string[]
  readonly schema: Schema
  readonly value: unknown
}

function leavesOf(schema: Schema, value: unknown, path: readonly string[]): Leaf[] {
  const { properties, additionalProperties } = resolved(schema)
  const fields = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
  if (properties !== undefined) {
    return Object.entries(properties).flatMap(([name, child]) =>
      name.startsWith('$') ? [] : leavesOf(child, fields[name], [...path, name]),
    )
  }
  if (typeof additionalProperties === 'object' && resolved(additionalProperties).properties !== undefined) {
    return Object.entries(fields).flatMap(([name, child]) => leavesOf(additionalProperties, child, [...path, name]))
  }
  return [{ path, schema, value }]
}

function resolved(schema: Schema): Schema {
  const name = schema.$ref?.replace('#/definitions/', '')
  const definitions = configSchema.definitions as Readonly<Record<string, Schema>>
  const found = name === undefined ? undefined : definitions[name]
  return found === undefined ? schema : resolved(found)
}

/** How a value is read from a command line. */
function takes(schema: Schema): Setting['takes'] {
  const { type } = resolved(schema)
  if (type === 'array') return 'list'
  return type === 'string' || words(schema).length > 0 ? 'text' : 'json'
}

function words(schema: Schema): string[] {
  const { enum: choices = [], oneOf = [] } = resolved(schema)
  return [...choices.filter(choice => typeof choice === 'string'), ...oneOf.flatMap(words)]
}
