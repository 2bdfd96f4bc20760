/** Writes the files of the checkout that are made from tables in `lib/`: `npm run generate`. Tests tell when it is due. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { completionsFile, shells } from '../lib/cli/shell-code.ts'
import { serviceTemplates } from '../lib/service/templates.ts'

const checkout = fileURLToPath(new URL('..', import.meta.url))
const completions = shells.map(completionsFile).map(({ name, text }) => ({ path: `shell/${name}`, text }))

for (const { path, text } of [...completions, ...serviceTemplates()]) {
  mkdirSync(dirname(join(checkout, path)), { recursive: true })
  writeFileSync(join(checkout, path), text)
}
