/** What of Deno's own is needed here: whether a kind of right was given as a whole. */
interface DenoRights {
  readonly permissions: { querySync(right: { readonly name: string }): { readonly state: string } }
}

/** Every kind of right that dsync needs, by the names Deno has for them. */
const rights = ['read', 'write', 'env', 'sys', 'net', 'run', 'ffi']

const { Deno: deno } = globalThis as unknown as { readonly Deno?: DenoRights }

/**
 * What comes between the runtime and another script of ours that lives for weeks.
 *
 * Under Node, what keeps it small: without it the daemon's young generation grows to 128 MB in a first copy and stays so,
 * with it to 16 MB (measured at 20,000 files). Under Deno the rights that this process has, kind by kind: left to itself
 * Deno would give a script started from here all there are.
 */
export const startWords: readonly string[] = deno === undefined ? ['--max-semi-space-size=8'] : denoWords(deno)

function denoWords({ permissions }: DenoRights): string[] {
  const has = (name: string): boolean => permissions.querySync({ name }).state === 'granted'
  // Code from elsewhere, which dsync never asks for, may be loaded only by who may do everything.
  const given = has('import') ? ['--allow-all'] : rights.filter(has).map(name => `--allow-${name}`)
  return ['run', '--quiet', '--no-prompt', ...given]
}
