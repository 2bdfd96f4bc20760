import type { Operation } from '../../lib/core/operation.ts'
import type { SimUser } from '../sim/user.ts'
import { file, folder, move, put, remove, symlink } from './rig.ts'

/** One operation on a root that holds what it expects, beside files that are none of its business. */
export interface Scenario {
  readonly says: string
  readonly given: (person: SimUser) => void
  readonly operation: Operation
  readonly contents: readonly string[]
  /** What stood at the path, as the trash shows it; undefined when nothing of content did. */
  readonly old: string | undefined
}

export const scenarios: readonly Scenario[] = [
  {
    says: 'create a file',
    given: () => {},
    operation: put('d/a', undefined, file('new content')),
    contents: ['new content'],
    old: undefined,
  },
  {
    says: 'create a link',
    given: () => {},
    operation: put('d/a', undefined, symlink('x')),
    contents: [],
    old: undefined,
  },
  {
    says: 'create a directory',
    given: () => {},
    operation: put('d/a', undefined, folder()),
    contents: [],
    old: undefined,
  },
  {
    says: 'replace a file',
    given: person => person.write('d/a', 'old content!'),
    operation: put('d/a', file('old content!'), file('new content', 0o755)),
    contents: ['new content'],
    old: 'old content!',
  },
  {
    says: 'replace a file by a link',
    given: person => person.write('d/a', 'old content!'),
    operation: put('d/a', file('old content!'), symlink('x')),
    contents: [],
    old: 'old content!',
  },
  {
    says: 'replace a link by a file',
    given: person => person.symlink('y', 'd/a'),
    operation: put('d/a', symlink('y'), file('new content')),
    contents: ['new content'],
    old: '-> y',
  },
  {
    says: 'replace a link',
    given: person => person.symlink('y', 'd/a'),
    operation: put('d/a', symlink('y'), symlink('x')),
    contents: [],
    old: '-> y',
  },
  {
    says: 'change a mode',
    given: person => person.write('d/a', 'old content!'),
    operation: put('d/a', file('old content!'), file('old content!', 0o755)),
    contents: [],
    old: undefined,
  },
  {
    says: 'remove a file',
    given: person => person.write('d/a', 'old content!'),
    operation: remove('d/a', file('old content!')),
    contents: [],
    old: 'old content!',
  },
  {
    says: 'remove a link',
    given: person => person.symlink('y', 'd/a'),
    operation: remove('d/a', symlink('y')),
    contents: [],
    old: '-> y',
  },
  {
    says: 'remove a directory',
    given: person => person.mkdir('d/a'),
    operation: remove('d/a', folder()),
    contents: [],
    old: undefined,
  },
  {
    says: 'move a directory',
    given: person => {
      person.mkdir('d/from')
      person.write('d/from/f', 'old content!')
    },
    operation: move('d/from', 'd/a'),
    contents: [],
    old: undefined,
  },
]
