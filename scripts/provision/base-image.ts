import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { $ } from 'zx'
import type { Part } from './part.ts'
import type { Places } from './places.ts'
import { hostPackages, release } from './places.ts'

const quiet = $({ quiet: true, env: { ...process.env, LC_ALL: 'C.UTF-8' } })

/** The root directory of a test host, made by debootstrap once and kept as a tarball with its digest beside it. */
export function baseTarball({ cache, tarball }: Places): Part {
  return {
    name: 'base of test hosts',
    async missing() {
      if (existsSync(tarball) && existsSync(digestFile(tarball))) return undefined
      return `debootstrap ${release} with ${hostPackages.join(' ')} → ${tarball}`
    },
    async make() {
      await mkdir(cache, { recursive: true, mode: 0o700 })
      const work = await mkdtemp(join(cache, 'base-'))
      try {
        const [root, packed] = [join(work, 'root'), join(work, 'root.tar')]
        await quiet`debootstrap --variant=minbase --include=${hostPackages.join(',')} ${release} ${root} ${await mirror()}`
        await rm(join(root, 'var/lib/apt/lists'), { recursive: true })
        await rm(join(root, 'var/cache/apt'), { recursive: true })
        await quiet`tar --numeric-owner --sort=name -C ${root} -cf ${packed} .`
        await writeFile(digestFile(tarball), `${await digest(packed)}\n`)
        await rename(packed, tarball)
      } finally {
        await rm(work, { recursive: true, force: true })
      }
    },
  }
}

/** Throws when the tarball is not what was made, and removes it, so that the next run makes it anew. */
export async function verifyTarball({ tarball }: Places): Promise<void> {
  const expected = (await readFile(digestFile(tarball), 'utf8')).trim()
  if ((await digest(tarball)) === expected) return
  await rm(tarball)
  throw new Error(`${tarball} was damaged and is removed; run it again`)
}

function digestFile(tarball: string): string {
  return `${tarball}.sha256`
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

/** Where this machine's apt has the release from; nothing when it has not, which leaves it to debootstrap. */
async function mirror(): Promise<string[]> {
  const format = '$(SITE)'
  const listed =
    await quiet`apt-get indextargets --format ${format} ${'Created-By: Packages'} ${`Codename: ${release}`}`
  return listed.stdout
    .split('\n')
    .filter(line => line !== '')
    .slice(0, 1)
}
