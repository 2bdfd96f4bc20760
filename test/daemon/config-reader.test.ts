import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkConfig } from '../../lib/daemon/config-reader.ts'

const id = '0123456789abcdef0123456789abcdef'

function check(config: string, paths = '') {
  return checkConfig({ config: { file: 'config.json', text: config }, paths: { file: 'paths.txt', text: paths } })
}

describe('the settings', () => {
  it('of an empty home say nothing', () => {
    const { config, problems } = check('')
    assert.deepEqual(problems, [])
    assert.deepEqual([config?.paths, Object.keys(config?.hosts ?? {}), config?.name], [[], [], undefined])
  })

  it('are JSON with comments and trailing commas', () => {
    const { config } = check(
      `// mine
      { "name": "mac01", "hosts": { "twin": { "pipe": "~/twin" }, }, // a disk
        "roots": { "~/projects": { "id": "${id}", "on": ["twin"], "watcher": { "twin": "polling" } } } }`,
      '# roots\n~/projects/\n\n  # ~/off\n/srv/data\n',
    )
    assert.equal(config?.name, 'mac01')
    assert.deepEqual(config.paths, ['~/projects', '/srv/data'])
    assert.equal(config.hosts['twin']?.pipe, '~/twin')
    assert.equal(JSON.stringify(config.roots['~/projects']?.watcher), '{"twin":"polling"}')
  })

  it('named like what every object has are not there by themselves', () => {
    const { config } = check('{}')
    assert.equal(config?.hosts['constructor'], undefined)
  })

  const rows: readonly (readonly [says: string, config: string, problems: readonly string[]])[] = [
    ['not JSON', '{ "hosts": { }\n  "roots": {} }', ['2:3 it is not JSON: comma expected']],
    ['no end', '{ "hosts": {', ['1:13 it is not JSON: close brace expected']],
    ['another kind of thing', '[]', ['1:1 "the file" must be an object']],
    [
      'an unknown word',
      '{\n  "hots": {}\n}',
      ['2:3 "hots" means nothing here; known: $schema, name, hosts, ssh, ignore, gitignore, roots'],
    ],
    [
      'a host without a way to it',
      '{\n  "hosts": { "twin": {} }\n}',
      ['2:22 "twin" must say one way to reach it: "ssh" or "pipe"'],
    ],
    [
      "a name that cannot be a host's",
      '{ "hosts": {\n "-oProxyCommand=x": { "pipe": "/d" } } }',
      ['2:2 "-oProxyCommand=x" cannot be a host\'s name'],
    ],
    [
      'a word that means something else',
      '{ "hosts": { "newest": { "pipe": "/d" } } }',
      ['1:14 "newest" cannot be a host\'s name'],
    ],
    [
      'a relative directory',
      '{ "hosts": { "t": { "pipe": "d" } } }',
      ['1:29 "pipe" must be absolute, or begin with ~/'],
    ],
    [
      'an unknown watcher',
      `{ "hosts": {}, "roots": { "/a": { "id": "${id}", "on": [], "watcher": "chokidr" } } }`,
      [
        '1:98 "watcher" must be one of auto, inotify, fs-watch, fsevents, chokidar, polling, or one of them for each host',
      ],
    ],
    [
      'a bandwidth without a unit',
      `{ "hosts": {}, "roots": { "/a": { "id": "${id}", "on": [], "bandwidth": "500" } } }`,
      ['1:100 "bandwidth" must be a number of KB, MB or GB a second, such as "500 KB"'],
    ],
    [
      'an id somebody made up',
      '{ "roots": { "/a": { "id": "mine", "on": [] } } }',
      ['1:28 "id" must be 32 hexadecimal digits, as `dsync roots add` makes them'],
    ],
    [
      'a host that is not there',
      `{ "roots": { "/a": { "id": "${id}",\n "on": ["twin"] } } }`,
      ['2:9 there is no host "twin"'],
    ],
    [
      'a command after a sync that is text for a shell, or nothing',
      `{ "roots": { "/a": { "id": "${id}", "on": [], "afterSync": [\n{ "command": "make" },\n{ "command": [] }] } } }`,
      ['2:14 "command" must be an array', '3:14 "command" must NOT have fewer than 1 items'],
    ],
    [
      'a command after a sync on a host that does not have the root',
      `{ "roots": { "/a": { "id": "${id}", "on": [], "afterSync": [\n{ "command": ["make"], "on": "mac" }] } } }`,
      ['2:30 this root is not on "mac"; leave "on" out for this host'],
    ],
    [
      'one id twice',
      `{ "roots": {\n "/a": { "id": "${id}", "on": [] },\n "/b": { "id": "${id}", "on": [] } } }`,
      ['3:16 this id is that of /a too'],
    ],
    [
      'several mistakes, all told',
      '{ "name": 1, "hosts": [],\n "x": 2 }',
      [
        '2:2 "x" means nothing here; known: $schema, name, hosts, ssh, ignore, gitignore, roots',
        '1:11 "name" must be a string',
        '1:23 "hosts" must be an object',
      ],
    ],
  ]
  for (const [says, config, wanted] of rows) {
    it(`with ${says} are refused, by line and column`, () => {
      const { config: read, problems } = check(config)
      assert.equal(read, undefined)
      assert.deepEqual(
        problems.map(({ line, column, message }) => `${line}:${column} ${message}`).toSorted(),
        wanted.toSorted(),
      )
    })
  }

  it('refuse a root that is not absolute, by its line', () => {
    const { problems } = check('', '~/projects\nnotes\n')
    assert.deepEqual(problems, [{ file: 'paths.txt', line: 2, column: 1, message: '"notes" is not absolute' }])
  })
})
