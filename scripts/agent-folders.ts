import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SyncError } from '../lib/core/errors.ts'
import type { AgentFile, AgentFolder } from '../lib/remote/agent-folder.ts'
import { agentFolder } from '../lib/remote/agent-folder.ts'

let made: Readonly<Record<string, AgentFolder>> | undefined

/**
 * The agent's folders for other hosts: the bundle alone (`*`), and with the native calls for each platform whose package
 * is installed here. Throws AGENT_FAILED when the bundle was not built.
 */
export function agentFolders(): Readonly<Record<string, AgentFolder>> {
  made ??= makeFolders()
  return made
}

function makeFolders(): Record<string, AgentFolder> {
  const fromSource = import.meta.url.endsWith('.ts')
  const bundle = fileURLToPath(new URL(fromSource ? '../dist/agent.cjs' : './agent.cjs', import.meta.url))
  if (!existsSync(bundle)) {
    throw new SyncError('AGENT_FAILED', `Cannot send the agent: ${bundle} was not built`, { hint: 'npm run build' })
  }
  const agent: AgentFile = { path: 'agent.cjs', bytes: readFileSync(bundle) }
  const folders: Record<string, AgentFolder> = { '*': agentFolder([agent]) }
  const koffi = koffiFolder()
  if (koffi === undefined) return folders
  const modules = dirname(koffi)
  const common = filesBelow(koffi, modules).filter(({ path }) => /\.cjs$|package\.json$/.test(path))
  const scope = join(modules, '@koromix')
  for (const name of existsSync(scope) ? readdirSync(scope) : []) {
    const platform = /^koffi-(linux|darwin)-(.+)$/.exec(name)
    if (platform === null) continue
    const native = filesBelow(join(scope, name), modules)
    folders[`${platform[1]}-${platform[2]}`] = agentFolder([agent, ...common, ...native])
  }
  return folders
}

function koffiFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('koffi'))
  } catch {
    // Without native calls the agent does what it can, and says so.
    return undefined
  }
}

/** Regular files below a folder, their paths as they are to lie in the agent's folder, in order. */
function filesBelow(folder: string, modules: string): AgentFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .toSorted()
    .map(file => ({ path: `node_modules/${relative(modules, file)}`, bytes: readFileSync(file) }))
}
