import type { Socket } from 'node:net'
import { constants } from 'node:os'
import { Entrance, type Register, type Visit } from '../accept/entrance.ts'
import type { TcpserverLog } from '../accept/log.ts'
import { serialNumbers } from '../core/beyond-pids.ts'
import { Exit } from '../core/exit.ts'
import { reason } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { startChild } from '../os/child.ts'
import { type Decision, withSettings } from '../spawn/handover.ts'
import type { Admission } from './admission.ts'
import { Book } from './book.ts'
import type { Listener } from './listener.ts'
import type { TcpserverOptions } from './options.ts'

/** What resident programs and their server know of each other. */
export interface Workers {
  /** Do they accept connections by themselves now? */
  readonly isHearing: boolean
  /** Starts what may be started. */
  start(): void
  /** Serves a session of this number. False: they did not, and a process is started for it. */
  take(socket: Socket, env: Readonly<Env>, number: number): Promise<boolean>
  /** There may be slots to be given away. */
  deal(): void
}

/** A raw wait status, as log analysers expect it. */
export const waitStatus = (code: number | null, signal: NodeJS.Signals | null): number => (signal === null ? (code ?? 0) * 256 : constants.signals[signal])

/** Has a program serve each connection (spec network.md 2.1): workers that accept by themselves, or what is accepted here. */
export class TcpServer {
  readonly limit: number
  readonly register: Register & Pick<Book, 'endedAs'>
  /** Numbers for connections without a process of their own: who reads the log pairs its lines by them. */
  readonly nextNumber = serialNumbers(Date.now())
  readonly admission: Admission
  readonly #options: TcpserverOptions
  readonly #env: Readonly<Env>
  readonly #log: TcpserverLog
  readonly #listener: Listener
  readonly #book: Book
  readonly #entrance: Entrance
  #workers: Workers | undefined
  #isOver = false

  constructor(options: TcpserverOptions, env: Readonly<Env>, log: TcpserverLog, admission: Admission, listener: Listener) {
    this.limit = options.limit
    this.#options = options
    this.#env = env
    this.#log = log
    this.#listener = listener
    this.admission = admission
    this.#book = new Book(log, options.limit, (number) => {
      admission.leave(number)
      this.review()
    })
    this.register = this.#book
    this.#entrance = new Entrance(
      { ...options, farewell: env.DIEMSG },
      {
        register: this.#book,
        nextNumber: this.nextNumber,
        decide: (visit) => admission.decide(visit),
        serve: (...visit) => this.#serve(...visit)
      }
    )
  }

  /** How many connections there are. */
  get active(): number {
    return this.#book.active
  }

  /** Serves what comes, from now on. */
  begin(workers: Workers | undefined): void {
    this.#workers = workers
    workers?.start()
    this.#book.logCount()
    this.review()
  }

  /** Accepts here, as long as there is room and no worker does it; at the limit connections wait in the kernel. */
  review(): void {
    if (this.#isOver) return
    this.#workers?.deal()
    if (this.#workers?.isHearing || this.#book.active >= this.limit) this.#listener.shut()
    else this.#listener.open(this.#accept)
  }

  /** Accepts no more. */
  end(): void {
    this.#isOver = true
    this.#listener.shut()
  }

  /** First gear: a process for this connection. */
  run(socket: Socket, { number, ends }: Visit, { line, settings }: Decision): void {
    const env = withSettings(this.#env, settings)
    const child = startChild(this.#options.program, this.#options.args, { stdio: [socket, socket, 2], env })
    const pid = child.pid ?? process.pid
    this.register.admitted(pid, ends.remoteIp, line)
    socket.destroy()
    child.on('error', (error) => {
      if (child.pid !== undefined) return
      this.#log.warn(`dropping connection, unable to run ${this.#options.program}: ${reason(error)}`)
      this.register.endedAs(number, pid, Exit.temporary * 256)
    })
    child.on('exit', (code, signal) => this.register.endedAs(number, pid, waitStatus(code, signal)))
  }

  readonly #accept = (socket: Socket): void => {
    this.#workers?.start() // things may have changed
    void this.#entrance.receive(socket)
    this.review()
  }

  /** Second gear if it may be, else the first. */
  async #serve(socket: Socket, visit: Visit, decision: Decision): Promise<void> {
    const { number, ends } = visit
    const isTaken = await this.#workers?.take(socket, withSettings(this.#env, decision.settings), number)
    if (isTaken) this.register.admitted(number, ends.remoteIp, decision.line)
    else this.run(socket, visit, decision)
  }
}
