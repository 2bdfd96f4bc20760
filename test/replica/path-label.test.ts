import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { fromBytes } from '../../lib/core/path.ts'
import { labelOf, labelledPath } from '../../lib/replica/path-label.ts'
import { parsedSlot, slotName } from '../../lib/replica/slot-name.ts'
import { parsedTrashName, trashName } from '../../lib/replica/trash-name.ts'

const id = '0lqu5mxvs-000'
const digest = 'ab'.repeat(32)

const name = fc
  .uint8Array({ minLength: 1, maxLength: 60 })
  .map(bytes => fromBytes(bytes.map(byte => (byte === 0 || byte === 0x2f ? 0x61 : byte))))
  .filter(each => each !== '.' && each !== '..')
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map(names => names.join('/'))

describe('the path in the name of a file', () => {
  it('reads like the path', () => {
    assert.equal(labelOf('src/main file%.ts', 100), 'src%2fmain%20file%25.ts')
    assert.equal(slotName({ kind: 'out', digest: '', id, path: 'a/b' }, 255), `out-${id}-a%2fb`)
    assert.equal(slotName({ kind: 'in', digest, id, path: 'a/b' }, 255), `in-${digest}-${id}-a%2fb`)
    assert.equal(trashName({ id, path: 'a/b' }), `${id}-a%2fb`)
  })

  it('is left out where there is no room, and then not told wrong', () => {
    const long = 'n'.repeat(200)
    assert.equal(slotName({ kind: 'in', digest, id, path: long }, 255), `in-${digest}-${id}`)
    assert.equal(trashName({ id, path: long }), id)
    assert.deepEqual(parsedTrashName(id), { id, path: '' })
    assert.equal(parsedSlot(`in-${digest}-${id}`).path, '')
  })

  it('comes back whatever it is, in names that every disk can hold', () => {
    fc.assert(
      fc.property(path, each => {
        assert.equal(labelledPath(labelOf(each, Infinity)), each)
        for (const made of [trashName({ id, path: each }), slotName({ kind: 'in', digest, id, path: each }, 255)]) {
          assert.ok(/^[!-~]+$/.test(made) && !made.includes('/') && made.length <= 255, made)
        }
        const told = parsedTrashName(trashName({ id, path: each }))
        assert.ok(told.id === id && (told.path === each || told.path === ''))
      }),
    )
  })

  it('is no path that leads elsewhere, and none that another name stands for', () => {
    for (const label of ['..%2fx', '%2fx', 'a%2f', '%00', '%zz', 'a%2Fb', '%61', '%', 'a%2'])
      assert.equal(labelledPath(label), '', label)
    assert.deepEqual(parsedTrashName('stray'), { id: 'stray', path: '' })
    assert.deepEqual(parsedTrashName(`${id}-%61`), { id: `${id}-%61`, path: '' })
    assert.equal(parsedSlot('something').kind, undefined)
  })
})
