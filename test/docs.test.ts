import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { commandTable } from '../lib/cli/command-table.ts'
import { layers } from './tidy/layers.ts'

const checkout = fileURLToPath(new URL('..', import.meta.url))

function read(path: string): string {
  return readFileSync(join(checkout, path), 'utf8')
}

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>
}

interface LockFile {
  readonly packages: Readonly<
    Record<string, { readonly resolved?: string; readonly optionalDependencies?: Readonly<Record<string, string>> }>
  >
}

const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: checkout }).toSorted()
const manifest = JSON.parse(read('package.json')) as Manifest

describe('what is written is true', () => {
  it('links lead somewhere', () => {
    const broken = pages.flatMap(page =>
      [...read(page).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)]
        .map(match => join(dirname(page), match[1] ?? ''))
        .filter(target => !existsSync(join(checkout, target)))
        .map(target => `${page} links to ${target}`),
    )
    assert.deepEqual(broken, [])
  })

  it('every npm script that a page names exists', () => {
    const unknown = pages.flatMap(page =>
      [...read(page).matchAll(/npm run ([a-z][a-z:-]*)/g)]
        .map(match => match[1] ?? '')
        .filter(name => manifest.scripts[name] === undefined)
        .map(name => `${page} names npm run ${name}`),
    )
    assert.deepEqual(unknown, [])
  })

  it('every file and folder of the sources that a page names exists', () => {
    const later = new Set(layers.flat())
    const missing = pages.flatMap(page =>
      [...read(page).matchAll(/`((?:bin|docs|lib|scripts|test)\/[\w./-]*)`/g)]
        .map(match => (match[1] ?? '').replace(/\/$/, ''))
        .filter(path => !later.has(path) && !existsSync(join(checkout, path)))
        .map(path => `${page} names ${path}`),
    )
    assert.deepEqual(missing, [])
  })

  it('README.md has a row for every command, and for no other', () => {
    const text = read('README.md')
    const table = text.slice(text.indexOf('## Commands'), text.indexOf('Every command takes'))
    const told = [...table.matchAll(/`dsync ([a-z]+(?: [a-z]+)?)/g)].map(match => match[1] ?? '')
    assert.deepEqual(told.toSorted(), commandTable.map(({ name }) => name).toSorted())
  })

  it('ARCHITECTURE.md tells of every layer, in order, in under 200 lines', () => {
    const text = read('ARCHITECTURE.md')
    assert.ok(text.split('\n').length <= 200)
    const table = text.slice(text.indexOf('| layer |'))
    const places = layers.flat().map(room => table.indexOf(`\`${room}`))
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    )
    assert.ok(!places.includes(-1))
  })

  it('package-lock.json serves every platform and names no registry', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as LockFile
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter(name => packages[`node_modules/${name}`] === undefined)
        .filter(name => packages[`${path}/node_modules/${name}`] === undefined)
        .map(name => `${path} lacks ${name}`),
    )
    assert.deepEqual(missing, [])
    assert.deepEqual(
      Object.values(packages).flatMap(({ resolved }) => resolved ?? []),
      [],
    )
  })
})
