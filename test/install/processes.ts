import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { codeOf } from '../../lib/core/errors.ts'

/** Live processes, but this one, that have a text in their command line or, where that can be read, their environment. */
export function processesThatName(text: string): number[] {
  const known = existsSync('/proc/self/environ') ? inProc() : byPs()
  return known.filter(([pid, words]) => pid !== process.pid && words.includes(text)).map(([pid]) => pid)
}

type Known = readonly [pid: number, words: string]

function inProc(): Known[] {
  return readdirSync('/proc').flatMap((name): Known[] => {
    if (!/^[0-9]+$/.test(name)) return []
    try {
      const words = ['cmdline', 'environ'].map(file => readFileSync(`/proc/${name}/${file}`, 'utf8'))
      return [[Number(name), words.join('\0')]]
    } catch (error) {
      if (['ENOENT', 'ESRCH', 'EACCES'].includes(codeOf(error) ?? '')) return []
      throw error
    }
  })
}

function byPs(): Known[] {
  const { stdout } = spawnSync('/bin/ps', ['-A', '-o', 'pid=,command='], { encoding: 'utf8' })
  return stdout.split('\n').flatMap((line): Known[] => {
    const found = /^\s*(\d+)\s(.*)$/.exec(line)
    return found === null ? [] : [[Number(found[1]), found[2] ?? '']]
  })
}
