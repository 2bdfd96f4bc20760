import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { figuresOf, shown, spread } from './figures.ts'
import type { Around } from './measurements.ts'

/** How often each shell is started, bare and loaded in turn. */
const starts = 40

/** What loading may add to the start of a shell (ms). */
const aim = 20

const shells: Readonly<Record<string, { readonly words: readonly string[]; readonly load: string }>> = {
  bash: { words: ['--norc', '-i'], load: '. KIT/shell/aliases.sh' },
  zsh: { words: ['-f', '-i'], load: '. KIT/shell/aliases.sh' },
  fish: { words: ['--no-config', '-i'], load: 'source KIT/shell/aliases.fish' },
}

/** What loading the aliases adds to the start of each shell that is installed, with five hosts and five roots. */
export function measureShellStart(kit: string, { report }: Around): void {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-bench-shell-')))
  try {
    mkdirSync(join(home, '.dsync/run'), { recursive: true })
    const names = ['mac00', 'mac01', 'pi', 'work', 'twin']
    const places = names.map(name => `host ${name}\nroot ${home}/${name}\n`).join('')
    writeFileSync(join(home, '.dsync/run/places'), places)
    writeFileSync(join(home, '.dsync/session.cwd'), '')
    const env = { HOME: home, PATH: process.env['PATH'], TERM: 'dumb' }
    for (const [shell, { words, load }] of Object.entries(shells)) {
      const start = (line: string): number => {
        const begun = performance.now()
        const { error } = spawnSync(shell, [...words, '-c', line], { env, cwd: home, stdio: 'ignore', timeout: 60_000 })
        return error === undefined ? performance.now() - begun : Number.NaN
      }
      if (Number.isNaN(start(':'))) continue
      const line = load.replace('KIT', kit)
      const pairs = Array.from({ length: starts }, () => ({ bare: start(':'), loaded: start(line) }))
      const bare = figuresOf(pairs.map(each => each.bare))
      const loaded = figuresOf(pairs.map(each => each.loaded))
      // Of each pair: whatever else the machine did then, it did to both.
      const added = figuresOf(pairs.map(each => each.loaded - each.bare))
      const note = `${shown(loaded.median)} beside ${shown(bare.median)} ms bare (× ${shown(loaded.median / bare.median)}); ${spread(added)}`
      report.add({ what: `start of ${shell}: what the aliases add`, unit: 'ms', value: added.median, aim, note })
    }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}
