/**
 * Numbers beyond every process id Linux gives (PID_MAX_LIMIT, 2^22) and within 31 bits, as readers have signed ones, for jobs of a resident process: logs tell jobs
 * apart by what was once the id of a process of their own.
 */
const FIRST = 4_194_304
const LIMIT = 2_147_483_648

/** How many numbers each process has for itself, before it uses them again. */
const PER_PROCESS = 500

/** The number of the `count`th job (from 0) of process `pid`: its id for the first one, and then one no other process uses. */
export const jobNumber = (pid: number, count: number): number => (count === 0 ? pid : FIRST + (pid % FIRST) * PER_PROCESS + (count % PER_PROCESS))

/**
 * Numbers in turn for the one process whose log this is, or so many at once, of which the first is given. Where they start depends on the time, so that those of a
 * process before it do not come again.
 */
export const serialNumbers = (milliseconds: number): ((count?: number) => number) => {
  const span = LIMIT - FIRST
  let next = Math.floor(milliseconds / 10) % span
  return (count = 1) => {
    if (next + count > span) next = 0
    const number = FIRST + next
    next += count
    return number
  }
}
