import { registerHooks } from 'node:module'
import type { Mutant } from './mutants-list.ts'

const top = new URL('../../', import.meta.url)

/**
 * Plants a bug in this thread: whatever is imported from now on has it. A piece of source that is not there (any more)
 * fails the import: a mutant that changes nothing proves nothing.
 */
export function plant(mutant: Mutant): void {
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      const path = url.startsWith(top.href) ? url.slice(top.href.length) : ''
      const patches = mutant.patches.filter(patch => patch.file === path)
      if (patches.length === 0) return loaded
      return { ...loaded, source: patched(mutant, path, textOf(loaded.source)) }
    },
  })
}

/** The text of a file with the bug in it. Throws when what is to be replaced does not stand there exactly once. */
export function patched(mutant: Mutant, file: string, text: string): string {
  return mutant.patches
    .filter(patch => patch.file === file)
    .reduce((result, { from, to }) => {
      const count = result.split(from).length - 1
      if (count !== 1) throw new Error(`The mutant ${mutant.name} finds its piece of ${file} ${count} times`)
      return result.replace(from, () => to)
    }, text)
}

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray | undefined): string {
  return typeof source === 'string' ? source : new TextDecoder().decode(source)
}
