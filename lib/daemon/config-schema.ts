import type { SyncMode, WatcherChoice } from '../sync/session-spec.ts'
import { bandwidthPattern } from './bandwidth.ts'

export const watcherChoices: readonly WatcherChoice[] = [
  'auto',
  'inotify',
  'fs-watch',
  'fsevents',
  'chokidar',
  'polling',
]

export const syncModes: readonly SyncMode[] = ['two-way', 'send', 'receive']

/** JSON Schema of `config.json`. Editors read it through `$schema`; the daemon and the commands that edit check by it. */
export const configSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'dsync config.json',
  type: 'object',
  additionalProperties: false,
  properties: {
    $schema: { type: 'string' },
    name: { $ref: '#/definitions/hostName', description: 'What other hosts call this one. Default: its host name.' },
    hosts: {
      type: 'object',
      description: 'The other hosts, by name.',
      propertyNames: { $ref: '#/definitions/hostName' },
      additionalProperties: { $ref: '#/definitions/host' },
    },
    ssh: {
      type: 'object',
      description: 'How ssh is run.',
      additionalProperties: false,
      properties: {
        program: { type: 'string', default: 'ssh', description: 'The program.' },
        config: { $ref: '#/definitions/absolutePath', description: 'A configuration file instead of ~/.ssh/config.' },
      },
    },
    ignore: { $ref: '#/definitions/ignore' },
    gitignore: { $ref: '#/definitions/gitignore' },
    roots: {
      type: 'object',
      description: 'What is known of each line of paths.txt.',
      additionalProperties: { $ref: '#/definitions/root' },
    },
  },
  definitions: {
    hostName: {
      type: 'string',
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$',
      not: { enum: ['newest', 'ask', 'both', 'mine', 'theirs'] },
    },
    absolutePath: { type: 'string', pattern: '^(/|~(/|$))' },
    host: {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      maxProperties: 1,
      properties: {
        pipe: {
          $ref: '#/definitions/absolutePath',
          description: 'A directory of this machine that plays the other host.',
        },
        ssh: { type: 'string', description: 'What ssh is told: an alias, USER@HOST or ssh://USER@HOST:PORT.' },
      },
    },
    watcher: { enum: watcherChoices },
    // With what one root adds they fit into one message to the other side.
    ignore: {
      type: 'array',
      maxItems: 100,
      items: { type: 'string', maxLength: 100 },
      description:
        'What is left alone, line by line as in a .gitignore; !PATTERN takes back what is ignored by default.',
    },
    gitignore: { type: 'boolean', description: 'What .gitignore files say is left alone as well.' },
    root: {
      type: 'object',
      additionalProperties: false,
      required: ['id', 'on'],
      properties: {
        id: { type: 'string', pattern: '^[0-9a-f]{32}$', description: 'The same on every host; never change it.' },
        on: {
          type: 'array',
          items: { $ref: '#/definitions/hostName' },
          uniqueItems: true,
          description: 'The hosts that have it too.',
        },
        at: {
          type: 'object',
          description: 'Where it lies on a host, when not at the same place under the home.',
          additionalProperties: { $ref: '#/definitions/absolutePath' },
        },
        watcher: {
          default: 'auto',
          description: 'How changes are noticed: one word for all hosts, or one for each.',
          oneOf: [
            { $ref: '#/definitions/watcher' },
            { type: 'object', additionalProperties: { $ref: '#/definitions/watcher' } },
          ],
        },
        bandwidth: {
          type: 'string',
          pattern: bandwidthPattern,
          description: 'The most that either host sends in a second: 500 KB, 1.5 MB. Default: no limit.',
        },
        mode: {
          enum: syncModes,
          default: 'two-way',
          description: 'Which way changes go: both, only from this host, or only to it.',
        },
        afterSync: {
          type: 'array',
          description: 'Commands that run once changes have arrived; each waits for dsync config trust.',
          items: {
            type: 'object',
            additionalProperties: false,
            required: ['command'],
            properties: {
              command: {
                type: 'array',
                items: { type: 'string' },
                minItems: 1,
                description: 'A program and its arguments; no shell reads them. It runs in the root.',
              },
              on: { $ref: '#/definitions/hostName', description: 'Where. Default: this host.' },
              timeoutSeconds: { type: 'number', minimum: 1, default: 600, description: 'It is ended after this.' },
            },
          },
        },
        conflict: { enum: ['ask'], default: 'ask', description: 'What happens when both sides changed.' },
        ignore: { $ref: '#/definitions/ignore' },
        gitignore: { $ref: '#/definitions/gitignore' },
      },
    },
  },
} as const
