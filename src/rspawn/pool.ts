import { Exit } from '../core/exit.ts'
import type { Env } from '../core/run.ts'
import { FIRST_GEAR } from '../spawn/local-wire.ts'
import { startResident } from '../spawn/own-program.ts'
import { Pool } from '../spawn/pool.ts'
import { Resident } from '../spawn/process.ts'
import type { Job } from '../spawn/spawner.ts'
import { type Ending, endingOf, needsFile } from './report.ts'

const CRASHED: Ending = { code: 'crashed', output: '' }
/** Not the delivery's fault: unlike a program named by PATH, our own runtime that cannot be started is for the administrator to mend. */
const NOT_STARTED: Ending = { code: Exit.temporary, output: '' }

interface PoolLimits {
  /** A process is replaced after this many deliveries. */
  jobs: number
  /** An idle process is let go after this many seconds. */
  idleSeconds: number
}

const POOL_LIMITS: PoolLimits = { jobs: 20_000, idleSeconds: 300 }

/** The second gear: one resident qmail-remote at a time takes all deliveries, as one event loop; retired ones finish what they have. */
export class RemotePool {
  readonly #pool: Pool

  constructor(home: string, env: Env, { jobs, idleSeconds }: PoolLimits = POOL_LIMITS) {
    this.#pool = new Pool({
      max: Number.POSITIVE_INFINITY,
      maxRequests: jobs,
      idleSeconds,
      start: (_, onOver) => new Resident(startResident(home, 'qmail-remote', { stdio: ['pipe', 'pipe', 2], env }), onOver)
    })
  }

  /** Delivers through the resident process of this version of the program (whatever identifies its file), starting one if need be. Never throws. */
  async deliver({ message, host, sender, recipient, others = [], notes, goesBy }: Job, version: string): Promise<Ending> {
    const reply = await this.#pool.ask('qmail-remote', version, [
      notes === undefined ? message : `${message}+`,
      host,
      sender,
      ...(notes === undefined ? [] : [notes]),
      recipient,
      ...others
    ])
    if (reply === undefined || reply === 'unstarted') return NOT_STARTED
    if (reply[0] === FIRST_GEAR) return needsFile
    if (reply === 'crashed') return CRASHED
    const ending = endingOf(reply.join('\0'))
    if (ending.exchangers !== undefined) goesBy(ending.exchangers)
    return ending
  }
}
