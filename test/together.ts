/** Runs the test files of its command line in one process: what all of them use is loaded once. */
import { it } from 'node:test'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

for (const file of process.argv.slice(2)) {
  try {
    await import(pathToFileURL(resolve(file)).href)
  } catch (error) {
    it(`${file} can be loaded`, () => {
      throw error
    })
  }
}
