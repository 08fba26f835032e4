import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { errorCode } from '../../src/core/failure.ts'

/** What /proc says of one process. */
export interface Process {
  pid: number
  ppid: number
  name: string
  uids: number[]
  gids: number[]
  groups: number[]
  /** Variable names of the environment it was started with. */
  environment: string[]
  /** What each descriptor is. */
  fds: Map<number, string>
}

const read = (pid: number, file: string): string => readFileSync(`/proc/${pid}/${file}`, 'latin1')
const numbers = (status: string, field: string): number[] =>
  (new RegExp(`^${field}:(.*)$`, 'm').exec(status)?.[1] ?? '').trim().split(/\s+/).filter(Boolean).map(Number)

const fdsOf = (pid: number): Map<number, string> => {
  const fds = new Map<number, string>()
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    try {
      fds.set(Number(name), readlinkSync(`/proc/${pid}/fd/${name}`))
    } catch {
      // closed meanwhile
    }
  }
  return fds
}

/** One process, or undefined if it has ended. */
export const processOf = (pid: number): Process | undefined => {
  try {
    const status = read(pid, 'status')
    return {
      pid,
      ppid: numbers(status, 'PPid')[0] ?? 0,
      name: read(pid, 'comm').trim(),
      uids: numbers(status, 'Uid'),
      gids: numbers(status, 'Gid'),
      groups: numbers(status, 'Groups'),
      environment: read(pid, 'environ')
        .split('\0')
        .filter(Boolean)
        .map((v) => v.slice(0, v.indexOf('='))),
      fds: fdsOf(pid)
    }
  } catch {
    return undefined
  }
}

/** Proportional set size of a process in kilobytes; the kernel walks through all of its memory for it. Throws system errors where it has ended, or is not ours to look at. */
export const pssOf = (pid: number): number => Number(/^Pss:\s+(\d+)/m.exec(read(pid, 'smaps_rollup'))?.[1])

/** The parent of a process; 0 if it has ended. */
const parentOf = (pid: number): number => {
  try {
    return Number(/^.*\) \S (\d+)/s.exec(read(pid, 'stat'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** A process and everything below it. One small file is read of any other process of the machine, since tests look again and again. */
export const processTree = (root: number): Process[] => {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: parentOf(Number(name)) }))
  const below = (pid: number): number[] => all.filter(({ parent }) => parent === pid).flatMap((p) => [p.pid, ...below(p.pid)])
  return [root, ...below(root)].map(processOf).filter((p) => p !== undefined)
}

/** Kills a process that was found in a list: it may have ended since, and then there is nothing to do. */
export const killListed = ({ pid }: Pick<Process, 'pid'>, signal: NodeJS.Signals = 'SIGKILL'): void => {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error
  }
}

/** The children of a process. Throws system errors where it has ended. */
export const childrenOf = (pid: number | undefined): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number)

/** As processTree, by pid and name only: a look that costs little. */
export const treeOf = (root: number): Pick<Process, 'pid' | 'name'>[] => {
  try {
    return [{ pid: root, name: read(root, 'comm').trim() }, ...childrenOf(root).flatMap(treeOf)]
  } catch {
    return [] // it has ended
  }
}
