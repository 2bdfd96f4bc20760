import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { Surroundings } from '../../lib/cli/surroundings.ts'
import { wayToHub } from '../../lib/cli/way-to-hub.ts'
import { SyncError } from '../../lib/core/errors.ts'
import { homeId } from '../../lib/daemon/home-id.ts'
import { ensureKitHome } from '../../lib/daemon/kit-home.ts'
import type { Survey } from '../../lib/remote/survey.ts'
import { linuxLines, surveyWith } from '../doctor/survey-lines.ts'
import { temporaryHome } from '../daemon/temporary-home.ts'

const hub = { hub: 'a'.repeat(32), name: 'base', epoch: 1, at: 1 }

/** A machine that ssh reaches, whose kit's home has this id; `''` is none. */
function machine(id: string): Survey {
  return surveyWith(linuxLines, { 'kit.id ': id === '' ? undefined : id })
}

const unresolved = new SyncError('TRANSPORT_LOST', 'Cannot reach base: nobody knows an address for its name', {
  verdict: 'retry',
  hint: 'Is the name right, and is the network up? ssh base true',
})
const unknownKey = new SyncError('TRANSPORT_LOST', 'Cannot reach base: its host key is not known here yet', {
  verdict: 'halt',
  hint: 'Look at the fingerprint and accept it once: ssh base true',
})
const sayHow = 'dsync hosts add base --ssh USER@HOST --no-kit, as ssh reaches it from here'

/** What is found there each time somebody looks, and what comes of it: what ssh is told, or the error with its hint. */
const rows: readonly {
  readonly says: string
  readonly host?: string
  readonly hosts?: Readonly<Record<string, { readonly ssh: string }>>
  readonly finds: readonly ((own: string) => Survey | SyncError)[]
  readonly isProved?: true
  readonly comes: string | undefined | readonly [RegExp, string | undefined]
}[] = [
  { says: 'its own name leads to it', finds: [() => machine(hub.hub)], isProved: true, comes: 'base' },
  {
    says: 'the settings here say how it is reached',
    hosts: { base: { ssh: 'me@base.lan' } },
    finds: [() => machine(hub.hub)],
    isProved: true,
    comes: 'me@base.lan',
  },
  { says: 'its home is not where a login has it', finds: [() => machine('')], comes: 'base' },
  { says: 'another host is meant', host: 'mac00', finds: [], comes: undefined },
  {
    says: 'its name leads nowhere',
    finds: [() => unresolved],
    comes: [/^Cannot switch to base: ssh base does not reach it: nobody knows an address for its name$/, sayHow],
  },
  {
    says: 'what the settings say leads nowhere',
    hosts: { base: { ssh: 'base.lan' } },
    finds: [() => unresolved],
    comes: [/^Cannot switch to base: ssh base\.lan does not reach it: nobody/, unresolved.hint],
  },
  {
    says: 'a person has something to do first',
    finds: [() => unknownKey],
    comes: [/its host key is not known here yet$/, unknownKey.hint],
  },
  {
    says: 'its name leads to this very host',
    finds: [own => machine(own)],
    comes: [/^Cannot switch to base: ssh base leads to this very host$/, sayHow],
  },
  {
    says: 'its name leads to a third one',
    finds: [() => machine('c'.repeat(32))],
    comes: [/leads to another machine with dsync$/, sayHow],
  },
]

describe('the way to the hub', () => {
  for (const { says, host = 'base', hosts = {}, finds, isProved = false, comes } of rows) {
    it(says, async t => {
      const here = temporaryHome(t)
      ensureKitHome(here.home)
      writeFileSync(`${here.home.state}/hub.json`, JSON.stringify(hub), { mode: 0o600 })
      writeFileSync(here.home.config, JSON.stringify({ hosts, roots: {} }), { mode: 0o600 })
      const left = [...finds]
      const takeSurvey: Surroundings['takeSurvey'] = () => {
        const found = left.shift()?.(homeId(here.home))
        return found instanceof Error || found === undefined ? Promise.reject(found) : Promise.resolve(found)
      }
      const found = (): ReturnType<typeof wayToHub> => wayToHub(host, { ...here, takeSurvey })
      if (typeof comes === 'object') {
        const [message, hint] = comes
        await assert.rejects(found(), { message, hint })
        return
      }
      const way = await found()
      assert.equal(way?.way.kind === 'ssh' ? way.way.target : undefined, comes)
      // One that was proved to be the hub is not looked at again.
      if (isProved) assert.deepEqual(await found(), way)
    })
  }
})
