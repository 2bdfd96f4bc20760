/** Writes the files of the checkout that are made from tables in `lib/`: `npm run generate`. Tests tell when it is due. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { completionsFile, shells } from '../lib/cli/shell-code.ts'

for (const shell of shells) {
  const { name, text } = completionsFile(shell)
  writeFileSync(fileURLToPath(new URL(`../shell/${name}`, import.meta.url)), text)
}
