import { isObstacle } from '../carry.ts'
import { isDirectory, isIgnored } from '../entry.ts'
import type { Operation } from '../operation.ts'
import { isFile } from '../operation.ts'
import type { Tree } from '../tree.ts'
import { at, sameShallow } from '../tree.ts'

/** True when the sender stands where the operation will bring the receiver: once done, both have held the same. */
export function senderHolds(operation: Operation, sender: Tree): boolean {
  const there = at(sender, operation.path)
  switch (operation.kind) {
    case 'put':
      return sameShallow(there, operation.after)
    case 'remove':
      return there === undefined || there.kind !== operation.before.kind
    case 'move':
      return operation.aside === true || isDirectory(there)
  }
}

interface Standing {
  readonly receiver: Tree
  readonly sender: Tree
  /** Operations of the same task come before it, so what it finds is not what stands there now. */
  readonly isEmptied: boolean
}

/** True while both trees still say what they said when the operation was planned. */
export function stillStands(operation: Operation, { receiver, sender, isEmptied }: Standing): boolean {
  const standing = at(receiver, operation.kind === 'move' ? operation.from : operation.path)
  // A directory kept for what is untracked in it takes in what is made there.
  const isKept = operation.kind === 'put' && standing?.kind === 'untracked' && !isObstacle(standing, operation.after)
  const before = isKept ? undefined : standing
  // A step of a circle of moves starts from a temporary name that the step before makes.
  if (operation.kind === 'move' && operation.aside === true && before === undefined) return true
  if (!sameShallow(before, operation.before) && !(isEmptied && operation.kind === 'put')) return false
  const there = at(sender, operation.path)
  switch (operation.kind) {
    case 'remove':
      return !isIgnored(there) && there?.kind !== operation.before.kind
    case 'move':
      return operation.aside === true || isDirectory(there)
    case 'put': {
      if (!isFile(operation.after)) return there?.kind === operation.after.kind
      // A merge keeps the receiver's content and takes the sender's mode: the sender's content is then another.
      const keepsContent = isFile(operation.before) && operation.before.digest === operation.after.digest
      return isFile(there) && (keepsContent || there.digest === operation.after.digest)
    }
  }
}
