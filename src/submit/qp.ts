import { jobNumber } from '../core/beyond-pids.ts'

let submissions = 0

/** The number printed as `qp` for one more submission of this process: its own only, also where one resident process makes many. */
export const nextQp = (): number => jobNumber(process.pid, submissions++)
