import type { ChildProcess } from 'node:child_process'
import { Exit } from '../core/exit.ts'
import { NetstringParser } from '../core/netstring.ts'
import type { Env } from '../core/run.ts'
import type { Job } from '../queue/spawner.ts'
import { startResident } from '../suite/resident.ts'
import type { Ending } from './rspawn-report.ts'
import { MAX_WIRE_BYTES, parseAnswer, requestBytes } from './rspawn-wire.ts'

const CRASHED: Ending = { code: 'crashed', output: '' }
/** Not the delivery's fault: unlike a program named by PATH, our own runtime that cannot be started is for the administrator to mend. */
const NOT_STARTED: Ending = { code: Exit.temporary, output: '' }

/** One resident qmail-remote and the deliveries it has in hand. */
class Resident {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (ending: Ending) => void>()
  #lastId = 0
  #isOver = false

  constructor(home: string, env: Env) {
    this.#child = startResident(home, 'qmail-remote', { stdio: ['pipe', 'pipe', 2], env })
    const answers = new NetstringParser(MAX_WIRE_BYTES)
    this.#child.stdin?.on('error', () => this.#end(CRASHED))
    this.#child.stdout?.on('error', () => this.#end(CRASHED))
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#take(answers, chunk))
    this.#child.on('error', () => this.#end(NOT_STARTED))
    this.#child.on('close', () => this.#end(CRASHED))
  }

  /** How many deliveries it was given, ever. */
  get jobs(): number {
    return this.#lastId
  }

  /** Can it take no more? */
  get isOver(): boolean {
    return this.#isOver
  }

  get isIdle(): boolean {
    return this.#waiting.size === 0
  }

  deliver({ message, host, sender, recipient }: Job): Promise<Ending> {
    const id = ++this.#lastId
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.#child.stdin?.write(requestBytes({ id, message, host, sender, recipients: [recipient] }))
    })
  }

  /** No more work: it ends once it has answered what it has. */
  retire(): void {
    this.#isOver = true
    this.#child.stdin?.end()
  }

  #take(answers: NetstringParser, chunk: Buffer): void {
    try {
      answers.push(chunk)
      for (let body = answers.next(); body; body = answers.next()) {
        const { id, reports } = parseAnswer(body)
        this.#waiting.get(id)?.({ code: Exit.ok, output: reports })
        this.#waiting.delete(id)
      }
    } catch {
      // it speaks nonsense: that is a crash
      this.#child.kill('SIGKILL')
    }
  }

  /** Whatever it still had in hand shares its fate. */
  #end(ending: Ending): void {
    this.#isOver = true
    for (const resolve of this.#waiting.values()) resolve(ending)
    this.#waiting.clear()
  }
}

export interface PoolLimits {
  /** A process is replaced after this many deliveries. */
  jobs: number
  /** An idle process is let go after this many seconds. */
  idleSeconds: number
}

export const POOL_LIMITS: PoolLimits = { jobs: 20_000, idleSeconds: 300 }

/** The second gear: one resident qmail-remote at a time takes all deliveries, as one event loop; retired ones finish what they have. */
export class RemotePool {
  readonly #start: () => Resident
  readonly #limits: PoolLimits
  #current: Resident | undefined
  #version: string | undefined
  #idle: NodeJS.Timeout | undefined

  constructor(home: string, env: Env, limits: PoolLimits = POOL_LIMITS) {
    this.#start = () => new Resident(home, env)
    this.#limits = limits
  }

  /** Delivers through the resident process of this version of the program (whatever identifies its file), starting one if need be. Never throws. */
  async deliver(job: Job, version: string): Promise<Ending> {
    const resident = this.#residentOf(version)
    const ending = await resident.deliver(job)
    if (resident.isIdle && resident === this.#current) {
      clearTimeout(this.#idle)
      this.#idle = setTimeout(() => this.#retire(), this.#limits.idleSeconds * 1000).unref()
    }
    return ending
  }

  #residentOf(version: string): Resident {
    clearTimeout(this.#idle)
    if (this.#current && (this.#version !== version || this.#current.jobs >= this.#limits.jobs)) this.#retire()
    if (this.#current === undefined || this.#current.isOver) this.#current = this.#start()
    this.#version = version
    return this.#current
  }

  #retire(): void {
    this.#current?.retire()
    this.#current = undefined
  }
}
