import { SyncError } from '../core/errors.ts'
import type { GuardKind } from '../core/operation.ts'
import type {
  ApproveParameters,
  BarrierParameters,
  CleanParameters,
  ForeseeParameters,
  HistoryParameters,
  LogParameters,
  OverrideParameters,
  PauseParameters,
  ResetParameters,
  ResolveParameters,
  RulesParameters,
  Selection,
  SurveyParameters,
  TrashParameters,
  UndoParameters,
  VerifyParameters,
} from './verbs.ts'

/** What a client sent along with a verb, read field by field. Each throws PROTOCOL for what does not fit. */
type Fields = Readonly<Record<string, unknown>>

export function selectionOf(parameters: unknown): Selection {
  const fields = fieldsOf(parameters)
  return { ...given('paths', optional(fields['paths'], texts)), ...given('host', optional(fields['host'], text)) }
}

export function pauseOf(parameters: unknown): PauseParameters {
  return { ...selectionOf(parameters), ...dryRunOf(fieldsOf(parameters)) }
}

export const cleanOf: (parameters: unknown) => CleanParameters = pauseOf

export const resetOf: (parameters: unknown) => ResetParameters = pauseOf

export function barrierOf(parameters: unknown): BarrierParameters {
  const fields = fieldsOf(parameters)
  return { ...selectionOf(fields), timeoutMs: number(fields['timeoutMs']), verify: flag(fields['verify']) }
}

export function verifyOf(parameters: unknown): VerifyParameters {
  const fields = fieldsOf(parameters)
  return { ...selectionOf(fields), ...given('timeoutMs', optional(fields['timeoutMs'], number)) }
}

export function resolveOf(parameters: unknown): ResolveParameters {
  const fields = fieldsOf(parameters)
  return { ...selectionOf(fields), ...dryRunOf(fields), take: takeOf(fields['take']) }
}

export function foreseeOf(parameters: unknown): ForeseeParameters {
  const fields = fieldsOf(parameters)
  const take =
    fields['take'] === 'mine' || fields['take'] === 'theirs' ? fields['take'] : wrong('a side', fields['take'])
  return { ...selectionOf(fields), take, timeoutMs: number(fields['timeoutMs']) }
}

export function overrideOf(parameters: unknown): OverrideParameters {
  const { marks } = fieldsOf(parameters)
  if (!Array.isArray(marks)) return wrong('a list', marks)
  return { ...foreseeOf(parameters), marks: marks.map(markOf) }
}

function markOf(value: unknown): OverrideParameters['marks'][number] {
  const { root, host, mark } = fieldsOf(value)
  return { root: text(root), host: text(host), mark: text(mark) }
}

export function rulesOf(parameters: unknown): RulesParameters {
  return { config: text(fieldsOf(parameters)['config']) }
}

export function surveyOrderOf(parameters: unknown): SurveyParameters {
  const { places } = fieldsOf(parameters)
  if (!Array.isArray(places)) return wrong('a list', places)
  const named = places.map(fieldsOf)
  return { places: named.map(({ name, path }) => ({ name: text(name), path: text(path) })) }
}

export function trashOf(parameters: unknown): TrashParameters {
  const fields = fieldsOf(parameters)
  return { ...selectionOf(fields), limit: number(fields['limit']) }
}

export function historyOf(parameters: unknown): HistoryParameters {
  const fields = fieldsOf(parameters)
  return { ...selectionOf(fields), limit: number(fields['limit']) }
}

export function undoOf(parameters: unknown): UndoParameters {
  const fields = fieldsOf(parameters)
  return { ...selectionOf(fields), ...given('name', optional(fields['name'], text)), list: flag(fields['list']) }
}

export function approveOf(parameters: unknown): ApproveParameters {
  const fields = fieldsOf(parameters)
  return {
    ...selectionOf(fields),
    ...given('guard', optional(fields['guard'], guardOf)),
    ...dryRunOf(fields),
    ...given('prefer', optional(fields['prefer'], text)),
  }
}

export function logsOf(parameters: unknown): LogParameters {
  const fields = fieldsOf(parameters)
  return { lines: number(fields['lines']), follow: flag(fields['follow']), realtime: flag(fields['realtime']) }
}

const guards: readonly GuardKind[] = [
  'root-missing',
  'root-replaced',
  'root-emptied',
  'mass-delete',
  'first-sync',
  'trash-full',
]

function guardOf(value: unknown): GuardKind {
  return guards.find(guard => guard === value) ?? wrong('a guard', value)
}

function dryRunOf(fields: Fields): { readonly dryRun?: boolean } {
  return given('dryRun', optional(fields['dryRun'], flag))
}

function takeOf(value: unknown): ResolveParameters['take'] {
  if (value === 'mine' || value === 'theirs' || value === 'newest' || value === 'both') return value
  return { host: text(fieldsOf(value)['host']) }
}

/** `{ name: value }`, or nothing when there is no value. */
function given<Name extends string, T>(name: Name, value: T | undefined): { readonly [K in Name]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [K in Name]: T })
}

function optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined ? undefined : read(value)
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : wrong('an object', value)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : wrong('a text', value)
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(text) : wrong('a list', value)
}

function number(value: unknown): number {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value) ? value : wrong('a number', value)
}

function flag(value: unknown): boolean {
  return typeof value === 'boolean' ? value : wrong('true or false', value)
}

function wrong(wanted: string, value: unknown): never {
  throw new SyncError('PROTOCOL', `Cannot read a request: ${wanted} was expected, not a ${typeof value}`)
}
