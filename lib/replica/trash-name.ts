import type { TrashItem } from '../core/messages.ts'
import { labelOf, labelledPath } from './path-label.ts'

/** The name of an item's file in the trash: its id, and its path where there is room for it. */
export function trashName({ id, path }: Pick<TrashItem, 'id' | 'path'>): string {
  const label = labelOf(path, labelBytes)
  return label === '' ? id : `${id}-${label}`
}

/** What a name in the trash tells of its item; `path` is '' when that is nothing. */
export function parsedTrashName(name: string): Pick<TrashItem, 'id' | 'path'> {
  const [, id, label] = namePattern.exec(name) ?? []
  const path = label === undefined ? '' : labelledPath(label)
  return id === undefined || trashName({ id, path }) !== name ? { id: name, path: '' } : { id, path }
}

/** The same on every disk: 143 bytes of a name are what some disks that encrypt names leave of 255, and an id takes 14. */
const labelBytes = 143 - 14

const namePattern = /^([0-9a-z]{9}-[0-9a-z]{3})(?:-(.+))?$/
