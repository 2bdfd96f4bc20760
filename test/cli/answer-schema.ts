import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'

interface Schema {
  readonly definitions: Readonly<Record<string, object>>
}

/** What `--json` prints, as docs/answers.schema.json tells everybody. */
export const answerSchema = JSON.parse(
  readFileSync(new URL('../../docs/answers.schema.json', import.meta.url), 'utf8'),
) as Schema

const ajv = new Ajv({ allErrors: true, strictRequired: false }).addSchema(answerSchema, 'answers')

/** What an answer has that the schema of a command, or of errors, does not say; none when it fits. */
export function misfits(name: string, answer: unknown): unknown {
  const validate = ajv.getSchema(`answers#/definitions/${name.replaceAll(' ', '-')}`)
  assert.ok(validate !== undefined, `docs/answers.schema.json has no definition for ${name}`)
  return validate(answer) === true ? [] : validate.errors
}
