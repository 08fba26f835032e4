import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { constants } from 'node:os'
import { serialNumbers } from '../core/beyond-pids.ts'
import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { reason } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import type { FindNames } from '../net/find-names.ts'
import { type Addresses, addressesOf, type Names, tcpVariables, withVariables } from '../net/peer.ts'
import { startChild } from '../os/child.ts'
import { logEnds, type TcpserverLog } from '../serve/log.ts'
import { RulesFile } from '../serve/rules.ts'
import type { TcpserverOptions } from './options.ts'

/** Resident programs that take connections over. `take` serves a session of this number. False: they did not, and a process is started for it. */
export interface Workers {
  take(socket: Socket, env: Readonly<Env>, number: number, onEnd: (status: number) => void): Promise<boolean>
}

/** A raw wait status, as log analysers expect it. */
export const waitStatus = (code: number | null, signal: NodeJS.Signals | null): number => (signal === null ? (code ?? 0) * 256 : constants.signals[signal])

/** So many connections over the limit may wait at least: a full kernel backlog, which they should be in, makes clients try again, and turns nobody away. */
const MIN_WAITING = 1000

/** A connection that was dropped, and why: for the log. */
class Dropped extends Error {}

/** Accepts connections and has a program serve each (spec network.md 2.1). */
export class TcpServer {
  readonly #options: TcpserverOptions
  readonly #env: Readonly<Env>
  readonly #log: TcpserverLog
  readonly #findNames: FindNames
  readonly #workers: Workers | undefined
  readonly #rules: RulesFile | undefined
  /** A number for each session without a process of its own: who reads the log pairs its lines by it. */
  readonly #nextNumber = serialNumbers(Date.now())
  #active = 0
  /** Connections over the limit: accepted, for there is no way not to, and left alone until it is their turn. */
  readonly #waiting: Socket[] = []

  constructor(options: TcpserverOptions, env: Readonly<Env>, log: TcpserverLog, findNames: FindNames, workers: Workers | undefined) {
    this.#options = options
    this.#env = env
    this.#log = log
    this.#findNames = findNames
    this.#workers = workers
    this.#rules = options.rules === undefined ? undefined : new RulesFile(options.rules, options.allowsMissingRules)
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

  #end(pid: number, status: number): void {
    this.#log.status(`end ${pid} status ${status}`)
    this.#active--
    this.#logCount()
    const next = this.#waiting.shift()
    if (next) this.#start(next)
  }

  async #serve(socket: Socket): Promise<void> {
    const addresses = addressesOf(socket)
    if (!addresses) {
      socket.destroy()
      this.#end(this.#nextNumber(), Exit.temporary * 256) // gone before we looked
      return
    }
    try {
      await this.#admit(socket, addresses)
    } catch (error) {
      const number = this.#nextNumber()
      this.#log.status(`pid ${number} from ${addresses.remoteIp}`)
      this.#log.warn(`dropping connection, ${error instanceof Dropped ? error.message : reason(error)}`)
      socket.destroy()
      this.#end(number, Exit.temporary * 256)
    }
  }

  /** Everything between a connection and its program. */
  async #admit(socket: Socket, addresses: Addresses): Promise<void> {
    if (this.#options.noDelay) socket.setNoDelay(true)
    if (this.#options.banner !== '') await this.#sendBanner(socket)
    const names = await this.#findNames(addresses)
    const variables = tcpVariables(addresses, names)
    const isDenied = this.#applyRules(addresses, names, variables)
    const line = logEnds(addresses, names)
    const number = this.#nextNumber()
    if (isDenied) {
      socket.destroy()
      this.#logStart(number, addresses, 'deny', line)
      this.#end(number, Exit.permanent * 256)
      return
    }
    const env = withVariables(this.#env, variables)
    if (await this.#workers?.take(socket, env, number, (status) => this.#end(number, status))) this.#logStart(number, addresses, 'ok', line)
    else this.#run(socket, env, addresses, line)
  }

  #logStart(pid: number, addresses: Addresses, verdict: 'ok' | 'deny', line: string): void {
    this.#log.status(`pid ${pid} from ${addresses.remoteIp}`)
    this.#log.status(`${verdict} ${pid} ${line}`)
  }

  #sendBanner(socket: Socket): Promise<void> {
    return new Promise((resolve, reject) => {
      socket.write(this.#options.banner, 'latin1', (error) => (error ? reject(new Dropped(`unable to print banner: ${reason(error)}`)) : resolve()))
      socket.once('close', () => reject(new Dropped('unable to print banner: broken pipe')))
    })
  }

  /** Adds what the rules set to the variables, and says whether they deny the connection. */
  #applyRules({ remoteIp }: Addresses, { remoteHost, remoteInfo }: Names, variables: Record<string, Bytes | undefined>): boolean {
    if (!this.#rules) return false
    try {
      const rule = this.#rules.find({ ip: remoteIp, host: remoteHost, info: remoteInfo })
      for (const [name, value] of rule.variables) variables[name] = value
      return rule.isDenied
    } catch (error) {
      throw new Dropped(`unable to read ${this.#options.rules}: ${reason(error)}`)
    }
  }

  /** First gear: a process for this connection. */
  #run(socket: Socket, env: Env, addresses: Addresses, line: string): void {
    const child = startChild(this.#options.program, this.#options.args, { stdio: [socket, socket, 2], env })
    const pid = child.pid ?? process.pid
    this.#logStart(pid, addresses, 'ok', line)
    socket.destroy()
    child.on('error', (error) => {
      if (child.pid !== undefined) return
      this.#log.warn(`dropping connection, unable to run ${this.#options.program}: ${reason(error)}`)
      this.#end(pid, Exit.temporary * 256)
    })
    child.on('exit', (code, signal) => this.#end(pid, waitStatus(code, signal)))
  }
}

/** Binds and listens. Rejects with the system's error. */
export const listenOn = async (host: string, port: number, backlog: number, isV6Only: boolean): Promise<Server> => {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true })
  server.listen({ host, port, backlog, ipv6Only: isV6Only, exclusive: true })
  await once(server, 'listening')
  return server
}
