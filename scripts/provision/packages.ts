import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { $ } from 'zx'
import type { Part } from './part.ts'
import { program } from './programs.ts'

/** What tests need, and the Debian package that brings it. A program that is here is never replaced by a package. */
const needs: readonly (readonly [needed: string, from: string])[] = [
  ['ssh', 'openssh-client'],
  ['sshd', 'openssh-server'],
  ['rsync', 'rsync'],
  ['git', 'git'],
  ['tmux', 'tmux'],
  ['zsh', 'zsh'],
  ['fish', 'fish'],
  ['tcsh', 'tcsh'],
  ['mkfs.exfat', 'exfatprogs'],
  ['mount.exfat-fuse', 'exfat-fuse'],
  ['dockerd', 'docker.io'],
  ['docker-compose', 'docker-compose'],
  ['debootstrap', 'debootstrap'],
  ['/usr/share/keyrings/debian-archive-keyring.gpg', 'debian-archive-keyring'],
]

/** While this file exists and says no, Debian's packages start no service when they are installed. */
const policy = '/usr/sbin/policy-rc.d'

function present(needed: string): boolean {
  return needed.startsWith('/') ? existsSync(needed) : program(needed) !== undefined
}

export function missingPackages(): string[] {
  return needs.filter(([needed]) => !present(needed)).map(([, from]) => from)
}

/** Debian packages, by apt. Their services are not started. */
export const debianPackages: Part = {
  name: 'Debian packages',
  async missing() {
    const names = missingPackages()
    return names.length === 0 ? undefined : `apt-get install ${names.join(' ')}`
  },
  async make() {
    if (program('apt-get') === undefined) throw new Error(`no apt-get here; install ${missingPackages().join(', ')}`)
    const apt = $({ quiet: true, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' } })
    const options = ['-q', '-o', 'Acquire::Retries=3', '-o', 'DPkg::Lock::Timeout=120']
    await apt`apt-get ${options} update`
    await withoutServices(async () => {
      await apt`apt-get ${options} install --yes --no-install-recommends --no-remove ${missingPackages()}`
    })
  },
}

async function withoutServices(work: () => Promise<void>): Promise<void> {
  const ours = !existsSync(policy)
  if (ours) await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    await work()
  } finally {
    if (ours) await rm(policy)
  }
}
