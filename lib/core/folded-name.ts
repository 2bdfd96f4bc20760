/**
 * What all spellings have in common that a disk is likely to take for one name or path. Disks differ in some letters: who
 * asks must be right with either answer.
 */
export function folded(name: string): string {
  return name.normalize('NFC').toLowerCase()
}
