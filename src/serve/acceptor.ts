import { closeSync, openSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import type { Block } from '../accept/block.ts'
import { Entrance, type Register, type Visit } from '../accept/entrance.ts'
import { isLimiting } from '../accept/limits.ts'
import { Ruling } from '../accept/ruling.ts'
import type { Bytes } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { looksOf } from '../os/own.ts'
import { clientEnv } from '../spawn/client-env.ts'
import { beginsWithTls, type Decision, type DoorOptions, hooksOthers, type Numbers, sessionEnv } from '../spawn/handover.ts'
import { canLogIn } from './auth-mode.ts'
import type { Reports } from './reports.ts'

/** The socket that tcpserver bound. */
const LISTENING_FD = 0
/** Numbers are asked for when so few are left. */
const FEW_NUMBERS = 1000

/** What an acceptor needs of its worker. */
export interface AcceptorHost {
  reports: Reports
  /** Is there a way into the queue? */
  isQueueUp: () => boolean | Promise<boolean>
  /** Serves a connection to its end; resolves with the exit code, never fails. */
  serve: (socket: Socket, env: Env, number: number) => Promise<number>
}

/**
 * Accepts connections in a worker, on descriptor 0, so many at a time, and does with them what tcpserver would (docs/internals.md, At tcpserver's door). What only
 * tcpserver can do it is asked: names, limits, lists, processes; it counts and writes the log, and is told the news for that.
 */
export class Acceptor implements Register {
  readonly #door: DoorOptions
  readonly #host: AcceptorHost
  readonly #entrance: Entrance
  readonly #ruling: Ruling
  readonly #asked = new Map<number, { resolve: (decision: Decision) => void; reject: (error: Error) => void }>()
  #server: Server | undefined
  #slots: number
  #active = 0
  #isChanged = false
  #numbers: Numbers

  /** Begins to accept. `slots`: how many connections at a time. */
  constructor(door: DoorOptions, slots: number, numbers: Numbers, host: AcceptorHost) {
    this.#door = door
    this.#slots = slots
    this.#numbers = numbers
    this.#host = host
    this.#ruling = new Ruling(door.rules, door.allowsMissingRules)
    this.#entrance = new Entrance(
      { ...door, farewell: door.env.DIEMSG },
      { register: this, nextNumber: () => this.#nextNumber(), decide: (visit) => this.#decide(visit), serve: (...visit) => this.#serve(...visit) }
    )
    host.reports.isAccepting = true
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => this.#accept(socket))
    this.#server.on('error', () => this.stop())
    this.#server.listen({ fd: LISTENING_FD }, door.backlog)
  }

  /** Has it connections that are not over? */
  get isBusy(): boolean {
    return this.#active > 0
  }

  /** More connections at a time. */
  more(slots: number): void {
    this.#slots += slots
  }

  /** Numbers for connections. */
  add(numbers: Numbers): void {
    this.#numbers = numbers
  }

  /** The answer to what was asked. */
  decided(id: number, decision: Decision | undefined, trouble: string | undefined): void {
    const asked = this.#asked.get(id)
    this.#asked.delete(id)
    if (decision) asked?.resolve(decision)
    else asked?.reject(new Temporary(trouble ?? 'tcpserver is gone'))
  }

  /** tcpserver is gone: nobody will answer. */
  cut(): void {
    this.stop()
    for (const id of [...this.#asked.keys()]) this.decided(id, undefined, undefined)
  }

  /**
   * Accepts no more, for good: to listen again is what this process may not do. The system closes a listening socket only when nobody has it any more, and
   * descriptors up to 2 are never closed by Node: so this one is, here, and its number stays taken.
   */
  stop(): void {
    if (!this.#server) return
    this.#server.close()
    this.#server = undefined
    closeSync(LISTENING_FD)
    openSync('/dev/null', 'r')
    this.#host.reports.isAccepting = false
    this.#host.reports.say({ kind: 'deaf' })
  }

  #accept(socket: Socket): void {
    this.#active++
    void this.#entrance.receive(socket)
    if (this.#active >= this.#slots || this.#numbers.count === 0) this.stop()
  }

  #nextNumber(): number {
    if (--this.#numbers.count === FEW_NUMBERS) this.#host.reports.say({ kind: 'wantNumbers' })
    return this.#numbers.first++
  }

  /** Has something changed that decides about the second gear? Then tcpserver is told, who ends this process when it has done what it is at. */
  #looksChanged(): boolean {
    const { files, look } = this.#door.watched
    if (!this.#isChanged && looksOf(files) !== look) {
      this.#isChanged = true
      this.#host.reports.say({ kind: 'changed' })
      this.stop()
    }
    return this.#isChanged
  }

  #decide({ number, ends }: Visit): Decision | Promise<Decision> {
    const { localName, hasLimits, hasLists, env } = this.#door
    if (this.#looksChanged() || localName === undefined || hasLimits) return this.#ask({ number, ends })
    const decision = this.#ruling.judge(ends, { localHost: localName, remoteHost: undefined, remoteInfo: undefined })
    if (decision.isDenied) return decision
    const isRelay = env.RELAYCLIENT !== undefined || decision.settings.some(([name]) => name === 'RELAYCLIENT')
    return decision.settings.some(([name]) => isLimiting(name)) || (hasLists && !isRelay) ? this.#ask({ number, ends }) : decision
  }

  #ask({ number, ends }: Visit): Promise<Decision> {
    return new Promise((resolve, reject) => {
      this.#asked.set(number, { resolve, reject })
      this.#host.reports.say({ kind: 'ask', id: number, ends })
    })
  }

  async #serve(socket: Socket, visit: Visit, decision: Decision): Promise<void> {
    const { number, ends } = visit
    const all = clientEnv(this.#door.env, decision.settings)
    const env = sessionEnv(all)
    const needsProcess = hooksOthers(decision.settings) || beginsWithTls(all) || (this.#door.runsChecker && canLogIn(env))
    const up = this.#host.isQueueUp()
    if (this.#isChanged || needsProcess || !(typeof up === 'boolean' ? up : await up)) {
      this.#slots--
      this.#active--
      this.#host.reports.say({ kind: 'back', id: number, ends, decision }, socket)
      return
    }
    this.admitted(number, ends.remoteIp, decision.line)
    this.ended(number, await this.#host.serve(socket, env, number))
  }

  came(number: number): void {
    this.#host.reports.tell(['came', number])
  }

  admitted(number: number, ip: Bytes, line: string): void {
    this.#host.reports.tell(['ok', number, ip, line])
  }

  denied(number: number, ip: Bytes, line: string, excess: string | undefined): void {
    this.#host.reports.tell(['deny', number, ip, line, excess ?? null])
  }

  blocked(number: number, ip: Bytes, line: string, { code, text }: Block): void {
    this.#host.reports.tell(['block', number, ip, line, code, text])
  }

  dropped(number: number, ip: Bytes, why: string): void {
    this.#host.reports.tell(['drop', number, ip, why])
  }

  ended(number: number, exit: number): void {
    this.#active--
    this.#host.reports.tell(['end', number, exit])
  }
}
