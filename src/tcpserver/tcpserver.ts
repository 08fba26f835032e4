import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { constants } from 'node:os'
import { serialNumbers } from '../core/beyond-pids.ts'
import { Exit } from '../core/exit.ts'
import { reason, Temporary } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import type { FindNames } from '../net/find-names.ts'
import { type Addresses, addressesOf, withVariables } from '../net/peer.ts'
import { startChild } from '../os/child.ts'
import { type Block, blockLine } from '../serve/block.ts'
import type { TcpserverLog } from '../serve/log.ts'
import { Admission, type Verdict, type Visit } from './admission.ts'
import { type Blocking, turnAway } from './blocking.ts'
import type { TcpserverOptions } from './options.ts'

/** Resident programs that take connections over. `take` serves a session of this number. False: they did not, and a process is started for it. */
export interface Workers {
  take(socket: Socket, env: Readonly<Env>, number: number, onEnd: (status: number) => void): Promise<boolean>
}

/** A raw wait status, as log analysers expect it. */
export const waitStatus = (code: number | null, signal: NodeJS.Signals | null): number => (signal === null ? (code ?? 0) * 256 : constants.signals[signal])

/** So many connections over the limit may wait at least: a full kernel backlog, which they should be in, makes clients try again, and turns nobody away. */
const MIN_WAITING = 1000

/** Accepts connections and has a program serve each (spec network.md 2.1). */
export class TcpServer {
  readonly #options: TcpserverOptions
  readonly #env: Readonly<Env>
  readonly #log: TcpserverLog
  readonly #admission: Admission
  readonly #workers: Workers | undefined
  readonly #blocking: Blocking | undefined
  /** A number for each session without a process of its own: who reads the log pairs its lines by it. */
  readonly #nextNumber = serialNumbers(Date.now())
  #active = 0
  /** Connections over the limit: accepted, for there is no way not to, and left alone until it is their turn. */
  readonly #waiting: Socket[] = []

  /** `blocking`: what turns clients of its program away; undefined: nothing does. */
  constructor(options: TcpserverOptions, env: Readonly<Env>, log: TcpserverLog, findNames: FindNames, workers?: Workers, blocking?: Blocking) {
    this.#options = options
    this.#env = env
    this.#log = log
    this.#admission = new Admission(options, findNames)
    this.#workers = workers
    this.#blocking = blocking
  }

  /** Serves what a listening server accepts, from now on. */
  attach(server: Server): void {
    server.on('connection', (socket) => this.#accept(socket))
    server.on('error', () => {}) // accepting is tried again by itself
    this.#logCount()
  }

  #logCount(): void {
    this.#log.status(`status: ${this.#active}/${this.#options.limit}`)
  }

  #accept(socket: Socket): void {
    socket.on('error', () => {}) // it closes, and whoever serves it notices
    if (this.#active < this.#options.limit) this.#start(socket)
    else if (this.#waiting.length < Math.max(this.#options.backlog, MIN_WAITING)) this.#waiting.push(socket)
    else socket.destroy()
  }

  #start(socket: Socket): void {
    this.#active++
    this.#logCount()
    void this.#serve(socket)
  }

  #end(visit: Visit | undefined, pid: number, status: number): void {
    if (visit) this.#admission.leave(visit)
    this.#log.status(`end ${pid} status ${status}`)
    this.#active--
    this.#logCount()
    const next = this.#waiting.shift()
    if (next) this.#start(next)
  }

  async #serve(socket: Socket): Promise<void> {
    const ends = addressesOf(socket)
    if (!ends) {
      socket.destroy()
      this.#end(undefined, this.#nextNumber(), Exit.temporary * 256) // gone before we looked
      return
    }
    const visit: Visit = { ends, counted: undefined }
    try {
      await this.#admit(socket, visit)
    } catch (error) {
      const number = this.#nextNumber()
      this.#log.status(`pid ${number} from ${visit.ends.remoteIp}`)
      this.#log.warn(`dropping connection, ${reason(error)}`)
      socket.destroy()
      this.#end(visit, number, Exit.temporary * 256)
    }
  }

  /** Everything between a connection and its program. */
  async #admit(socket: Socket, visit: Visit): Promise<void> {
    if (this.#options.noDelay) socket.setNoDelay(true)
    if (this.#options.banner !== '') await this.#sendBanner(socket)
    const verdict = await this.#admission.judge(socket, visit)
    if (verdict.isDenied || verdict.excess !== undefined) {
      this.#refuse(socket, visit, verdict)
      return
    }
    const env = withVariables(this.#env, verdict.variables)
    const block = await this.#blocking?.judge(env)
    if (block) await this.#turnAway(socket, visit, verdict.line, block)
    else await this.#handOver(socket, visit, env, verdict.line)
  }

  /** Denied by a rule, or over a limit; $DIEMSG is what the latter hear. */
  #refuse(socket: Socket, visit: Visit, { line, excess, variables }: Verdict): void {
    const number = this.#nextNumber()
    this.#logStart(number, visit.ends, 'deny', line)
    if (excess !== undefined) this.#log.status(`limit ${number} ${excess}`)
    const farewell = excess === undefined ? undefined : (variables.DIEMSG ?? this.#env.DIEMSG)
    if (farewell === undefined) socket.destroy()
    else socket.end(`${farewell}\r\n`, 'latin1', () => socket.destroy())
    this.#end(visit, number, Exit.permanent * 256)
  }

  async #turnAway(socket: Socket, visit: Visit, line: string, block: Block): Promise<void> {
    const number = this.#nextNumber()
    this.#logStart(number, visit.ends, 'ok', line)
    this.#log.blocked(blockLine(visit.ends.remoteIp, number, block))
    await turnAway(block, socket)
    this.#end(visit, number, Exit.ok)
  }

  /** Second gear if it may be, else a process for this connection. */
  async #handOver(socket: Socket, visit: Visit, env: Env, line: string): Promise<void> {
    const number = this.#nextNumber()
    if (await this.#workers?.take(socket, env, number, (status) => this.#end(visit, number, status))) this.#logStart(number, visit.ends, 'ok', line)
    else this.#run(socket, visit, env, line)
  }

  #logStart(pid: number, addresses: Addresses, verdict: 'ok' | 'deny', line: string): void {
    this.#log.status(`pid ${pid} from ${addresses.remoteIp}`)
    this.#log.status(`${verdict} ${pid} ${line}`)
  }

  #sendBanner(socket: Socket): Promise<void> {
    return new Promise((resolve, reject) => {
      socket.write(this.#options.banner, 'latin1', (error) => (error ? reject(new Temporary(`unable to print banner: ${reason(error)}`)) : resolve()))
      socket.once('close', () => reject(new Temporary('unable to print banner: broken pipe')))
    })
  }

  /** First gear: a process for this connection. */
  #run(socket: Socket, visit: Visit, env: Env, line: string): void {
    const child = startChild(this.#options.program, this.#options.args, { stdio: [socket, socket, 2], env })
    const pid = child.pid ?? process.pid
    this.#logStart(pid, visit.ends, 'ok', line)
    socket.destroy()
    child.on('error', (error) => {
      if (child.pid !== undefined) return
      this.#log.warn(`dropping connection, unable to run ${this.#options.program}: ${reason(error)}`)
      this.#end(visit, pid, Exit.temporary * 256)
    })
    child.on('exit', (code, signal) => this.#end(visit, pid, waitStatus(code, signal)))
  }
}

/**
 * The kernel's backlog is at least this. Beyond a full one, connections of a burst are lost in a way that only shows when the client speaks, and an SMTP client waits
 * for our greeting: it would wait until its patience ends.
 */
const MIN_BACKLOG = 511

/** Binds and listens. Rejects with the system's error. */
export const listenOn = async (host: string, port: number, backlog: number, isV6Only: boolean): Promise<Server> => {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true })
  server.listen({ host, port, backlog: Math.max(backlog, MIN_BACKLOG), ipv6Only: isV6Only, exclusive: true })
  await once(server, 'listening')
  return server
}
