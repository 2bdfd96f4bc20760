import { spawn } from 'node:child_process'
import { codeOf } from '../lib/core/errors.ts'
import type { RunProgram } from '../lib/cli/surroundings.ts'

/** Runs programs with this process's stdin, stdout and stderr, and knows whether one is running. */
export function foregroundPrograms(): { readonly run: RunProgram; readonly isRunning: () => boolean } {
  let running = 0
  const run: RunProgram = ({ command: [program, ...words], directory, environment = process.env, isQuiet = false }) =>
    new Promise(resolve => {
      running += 1
      const stdio = ['inherit', isQuiet ? 2 : 'inherit', 'inherit'] as const
      const child = spawn(program, words, { stdio: [...stdio], cwd: directory, env: environment })
      const ended = { pid: child.pid, code: null, signal: null }
      const over = (): void => void (running -= 1)
      child.once('error', error => {
        over()
        const code = codeOf(error)
        resolve({ ...ended, startError: error.message, ...(code === undefined ? {} : { startCode: code }) })
      })
      child.once('exit', (code, signal) => {
        over()
        resolve({ ...ended, code, signal })
      })
    })
  return { run, isRunning: () => running > 0 }
}
