import { codeOf } from '../../core/errors.ts'
import { loadKoffi } from '../koffi.ts'
import type { Native } from './native-calls.ts'
import { linuxNative } from './native-linux.ts'
import { macNative } from './native-mac.ts'

export type { Native } from './native-calls.ts'

/** The native calls of this system; undefined where koffi cannot be loaded or the C library lacks one of them. */
export function loadNative(): Native | undefined {
  const koffi = loadKoffi()
  if (koffi === undefined) return undefined
  try {
    if (process.platform === 'linux') return linuxNative(koffi)
    if (process.platform === 'darwin') return macNative(koffi)
  } catch (error) {
    // koffi throws an Error without a code when a function is not there.
    if (error instanceof TypeError || codeOf(error) !== undefined) throw error
  }
  return undefined
}
