import { readFileSync } from 'node:fs'
import { errorCode } from '../src/core/failure.ts'

const TICK_MILLISECONDS = 10

export interface Named {
  name: string
  pid: number
}

/** A process, and processor milliseconds of its own, and of its children that have ended. */
interface Stat extends Named {
  own: number
  children: number
}

/** What the kernel says of a process; nothing of one that has ended. */
const statOf = (pid: number): Stat[] => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [name, end] = [stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')), stat.lastIndexOf(')') + 2]
    const fields = stat.slice(end).split(' ')
    const sum = (first: number): number => (Number(fields[first]) + Number(fields[first + 1])) * TICK_MILLISECONDS
    return [{ name, pid, own: sum(11), children: sum(13) }]
  } catch (error) {
    if (!['ENOENT', 'ESRCH'].includes(errorCode(error) ?? '')) throw error
    return []
  }
}

/** What a server's processes have used so far. */
export const used = (processes: Named[]): Map<number, Stat> => new Map(processes.flatMap(({ pid }) => statOf(pid)).map((stat) => [stat.pid, stat]))

/** Programs that have ended meanwhile, all together. */
const ENDED = 'others, ended'

/** Milliseconds used between the two, by program: exact for each that was there in the end; an ended one is in its parent's account, what it had used before `before` too, which is taken off. */
export const usedBetween = (before: Map<number, Stat>, after: Map<number, Stat>): Map<string, number> => {
  const sums = new Map<string, number>()
  const add = (name: string, ms: number): void => void sums.set(name, (sums.get(name) ?? 0) + ms)
  for (const [pid, { name, own, children }] of after) {
    add(name, own - (before.get(pid)?.own ?? 0))
    add(ENDED, children)
  }
  for (const [pid, { own, children }] of before) add(ENDED, -children - (after.has(pid) ? 0 : own))
  return new Map([...sums].filter(([, ms]) => ms > 0))
}
