import type { Socket } from 'node:net'
import { constants } from 'node:os'
import { Entrance, type Register, type Visit } from '../accept/entrance.ts'
import type { TcpserverLog } from '../accept/log.ts'
import { serialNumbers } from '../core/beyond-pids.ts'
import { Exit } from '../core/exit.ts'
import { reason } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { startChild } from '../os/child.ts'
import { clientEnv } from '../spawn/client-env.ts'
import { type Decision, withSettings } from '../spawn/handover.ts'
import type { Admission } from './admission.ts'
import { Book } from './book.ts'
import { ControlSocket } from './control-socket.ts'
import type { Listener } from './listener.ts'
import type { TcpserverOptions } from './options.ts'
import type { TlsDoor } from './tls-door.ts'
import type { TlsManner } from './tls-manner.ts'

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

/** What a process for a connection is started with. */
interface Start {
  socket: Socket
  visit: Visit
  line: string
  env: Env
  /** The number of its handshake, where there was one. */
  tlsId?: number
  /** For TLS to come. */
  control?: ControlSocket | undefined
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
  readonly #tls: TlsManner | undefined
  #workers: Workers | undefined
  #isOver = false

  /** `tls`: undefined: there is none. */
  constructor(options: TcpserverOptions, env: Readonly<Env>, log: TcpserverLog, admission: Admission, listener: Listener, tls?: TlsManner) {
    this.#tls = tls
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
  run(socket: Socket, visit: Visit, { line, settings }: Decision): void {
    const env = clientEnv(this.#env, settings)
    if (this.#tls === undefined) this.#start({ socket, visit, line, env })
    else if (this.#tls.isAtOnce(env)) void this.#serveSecured(this.#tls.door, socket, visit, line, env, false)
    else void this.#startWithControl(this.#tls, { socket, visit, line, env })
  }

  async #startWithControl({ hasControl, door }: TlsManner, start: Start): Promise<void> {
    this.#start({ ...start, control: hasControl ? await ControlSocket.open(door) : undefined })
  }

  #start({ socket, visit: { number, ends }, line, env, tlsId, control }: Start): void {
    const stdio = [socket, socket, 2, ...(control?.stdio ?? [])]
    const child = startChild(this.#options.program, this.#options.args, { stdio, env: { ...env, ...control?.env } })
    const pid = child.pid ?? process.pid
    this.register.admitted(pid, ends.remoteIp, line)
    if (tlsId !== undefined) this.#logTls(pid, tlsId)
    if (control) control.attend(socket, (id) => this.#logTls(pid, id))
    else socket.destroy()
    child.on('error', (error) => {
      if (child.pid !== undefined) return
      control?.close()
      this.#log.warn(`dropping connection, unable to run ${this.#options.program}: ${reason(error)}`)
      this.register.endedAs(number, pid, Exit.temporary * 256)
    })
    child.on('exit', (code, signal) => {
      control?.close()
      this.register.endedAs(number, pid, waitStatus(code, signal))
    })
  }

  #logTls(pid: number, id: number): void {
    this.#log.status(`tls ${pid} id ${id}`)
  }

  /** A connection that begins with TLS; in the second gear if it may be, where that is asked for. */
  async #serveSecured(door: TlsDoor, socket: Socket, visit: Visit, line: string, env: Env, mayBeTaken: boolean): Promise<void> {
    const { number, ends } = visit
    const secured = await door.secure(socket, '')
    if (secured.kind !== 'secured') {
      this.register.admitted(number, ends.remoteIp, line)
      if (secured.kind === 'failed') this.#logTls(number, secured.id)
      else this.#log.warn(`dropping connection ${number}: no TLS now`)
      socket.destroy()
      this.register.ended(number, Exit.temporary)
      return
    }
    const { plain, id: tlsId, variables } = secured
    const inside = withSettings(env, variables)
    const isTaken = mayBeTaken && (await this.#workers?.take(plain, inside, number))
    if (!isTaken) this.#start({ socket: plain, visit, line, env: inside, tlsId })
    else {
      this.register.admitted(number, ends.remoteIp, line)
      this.#logTls(number, tlsId)
    }
  }

  readonly #accept = (socket: Socket): void => {
    this.#workers?.start() // things may have changed
    void this.#entrance.receive(socket)
    this.review()
  }

  /** Second gear if it may be, else the first. */
  async #serve(socket: Socket, visit: Visit, decision: Decision): Promise<void> {
    const { number, ends } = visit
    const env = clientEnv(this.#env, decision.settings)
    if (this.#tls?.isAtOnce(env)) return this.#serveSecured(this.#tls.door, socket, visit, decision.line, env, true)
    const isTaken = await this.#workers?.take(socket, env, number)
    if (isTaken) this.register.admitted(number, ends.remoteIp, decision.line)
    else this.run(socket, visit, decision)
  }
}
