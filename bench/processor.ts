import { readFileSync } from 'node:fs'

const TICK_MILLISECONDS = 10

/** Processor milliseconds of a process, and of its children that have ended. */
interface Used {
  name: string
  own: number
  children: number
}

/** What a process, if it is still there, has used so far. */
const usedBy = ({ name, pid }: { name: string; pid: number }): [number, Used][] => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const sum = (first: number): number => (Number(fields[first]) + Number(fields[first + 1])) * TICK_MILLISECONDS
    return [[pid, { name, own: sum(11), children: sum(13) }]]
  } catch {
    return []
  }
}

/** What a server's processes have used so far. */
export const used = (processes: { name: string; pid: number }[]): Map<number, Used> => new Map(processes.flatMap(usedBy))

/** Programs that have ended meanwhile, all together. */
const ENDED = 'others, ended'

/** Milliseconds used between the two, by program: exact for each that was there in the end; an ended one is in its parent's account, what it had used before `before` too, which is taken off. */
export const usedBetween = (before: Map<number, Used>, after: Map<number, Used>): Map<string, number> => {
  const sums = new Map<string, number>()
  const add = (name: string, ms: number): void => void sums.set(name, (sums.get(name) ?? 0) + ms)
  for (const [pid, { name, own, children }] of after) {
    add(name, own - (before.get(pid)?.own ?? 0))
    add(ENDED, children)
  }
  for (const [pid, { own, children }] of before) add(ENDED, -children - (after.has(pid) ? 0 : own))
  return new Map([...sums].filter(([, ms]) => ms > 0))
}
