import { defineConfig } from 'tsup'
import type { Options } from 'tsup'

/** What is started by name, each a file in `dist/`. The agent has a bundle of its own. */
const programs = ['sync-manager', 'test-sync', 'daemon', 'worker', 'install']

const both: Options = {
  outDir: 'dist',
  platform: 'node',
  bundle: true,
  // TypeScript 7 has no compiler API, and nobody imports us as a library.
  dts: false,
  // Everything travels inside but two that look for files of their own beside them: koffi for the platform's binary,
  // zx (never in the agent) for the entry that suits the runtime.
  noExternal: [/^(?!(koffi|zx)$)/],
  external: ['koffi', 'zx'],
  // Deno, and builtins such as node:sqlite, know no other spelling.
  removeNodeProtocol: false,
  silent: true,
}

/** The commands as ES modules that share chunks, so that a command loads only what it uses. */
const commands: Options = {
  ...both,
  entry: programs.map(name => `scripts/${name}.ts`),
  format: 'esm',
  outExtension: () => ({ js: '.js' }),
  target: 'node24',
  splitting: true,
  // Chunks carry their content's hash in their names: old ones would pile up.
  clean: ['!agent.cjs'],
  // CommonJS packages inside an ES module bundle still call require for builtins.
  banner: {
    js: "import { createRequire as createBundleRequire } from 'node:module'; const require = createBundleRequire(import.meta.url)",
  },
}

/** The other end of a link as one file, for hosts whose Node may be as old as 20, and for Deno. */
const agent: Options = {
  ...both,
  entry: ['scripts/agent.ts'],
  format: 'cjs',
  outExtension: () => ({ js: '.cjs' }),
  target: 'node20',
  shims: true,
}

export default defineConfig([commands, agent])
