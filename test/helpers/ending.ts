import type { ChildProcess } from 'node:child_process'
import { after } from 'node:test'
import type { Home } from './home.ts'

/**
 * Ends a process at the end of the test or file that started it, and in any case before the folder it works in goes: hooks run in the order in which
 * they were made, the folder's first. `how`: ends it and resolves when it has ended; by default SIGKILL.
 */
export const endWith = (home: Home | undefined, child: ChildProcess, how: () => unknown = () => child.kill('SIGKILL')): void => {
  const isOver = (): boolean => child.pid === undefined || child.exitCode !== null || child.signalCode !== null
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const end = async (): Promise<void> => {
    await how()
    if (!isOver()) await ended
  }
  after(end)
  home?.beforeRemoval(end)
}
