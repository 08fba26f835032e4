import type { Socket } from 'node:net'
import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { reason, Temporary } from '../core/failure.ts'
import { isInNetworks, type Network } from '../net/ip.ts'
import { type Addresses, addressesOf } from '../net/peer.ts'
import { readProxyHeader } from '../net/read-proxy.ts'
import type { Decision } from '../spawn/handover.ts'
import type { Block } from './block.ts'
import { turnAway } from './turn-away.ts'

/** One connection's time with us. */
export interface Visit {
  number: number
  /** As the socket has them, or as the proxy told. */
  ends: Addresses
}

/** Where it is written down what becomes of connections, by their numbers; `ip` is the client's. */
export interface Register {
  came(number: number): void
  admitted(number: number, ip: Bytes, line: string): void
  denied(number: number, ip: Bytes, line: string, excess: string | undefined): void
  blocked(number: number, ip: Bytes, line: string, block: Block): void
  dropped(number: number, ip: Bytes, why: string): void
  /** `exit`: as a program's. */
  ended(number: number, exit: number): void
}

/** What stands behind the entrance. */
export interface House {
  register: Register
  /** A number for a connection, which nobody else has in this log. */
  nextNumber: () => number | Promise<number>
  /** Decides about a client. Rejects with Temporary, in the words of the log. */
  decide: (visit: Visit) => Decision | Promise<Decision>
  /** Serves who has come in: registers that it was admitted, and its end. */
  serve: (socket: Socket, visit: Visit, decision: Decision) => void | Promise<void>
}

/** What is done at the entrance. */
export interface EntranceOptions {
  banner: Bytes
  noDelay: boolean
  proxies: Network[]
  /** Is said to clients over a limit, unless their rule has its own. */
  farewell: Bytes | undefined
}

/** What every connection passes, whoever accepted it: everything between the system's accept and its program. */
export class Entrance {
  readonly #options: EntranceOptions
  readonly #house: House

  constructor(options: EntranceOptions, house: House) {
    this.#options = options
    this.#house = house
  }

  /** Receives an accepted connection, which is paused: nothing of it is read before it is served. Never fails. */
  async receive(socket: Socket): Promise<void> {
    const { register, nextNumber } = this.#house
    socket.on('error', () => {}) // it closes, and whoever serves it notices
    const ends = addressesOf(socket)
    const next = nextNumber()
    const number = typeof next === 'number' ? next : await next
    register.came(number)
    if (!ends) {
      socket.destroy()
      register.ended(number, Exit.temporary) // gone before we looked
      return
    }
    const visit: Visit = { number, ends }
    try {
      await this.#admit(socket, visit)
    } catch (error) {
      register.dropped(number, visit.ends.remoteIp, reason(error))
      socket.destroy()
      register.ended(number, Exit.temporary)
    }
  }

  async #admit(socket: Socket, visit: Visit): Promise<void> {
    const { banner, noDelay, proxies } = this.#options
    if (noDelay) socket.setNoDelay(true)
    if (banner !== '') await this.#sendBanner(socket)
    if (isInNetworks(visit.ends.remoteIp, proxies)) visit.ends = (await readProxyHeader(socket)) ?? visit.ends
    const decided = this.#house.decide(visit)
    const decision = decided instanceof Promise ? await decided : decided
    if (decision.isDenied || decision.excess !== undefined) this.#refuse(socket, visit, decision)
    else if (decision.block) await this.#turnAway(socket, visit, decision.line, decision.block)
    else await this.#house.serve(socket, visit, decision)
  }

  /** Denied by a rule, or over a limit; $DIEMSG is what the latter hear. */
  #refuse(socket: Socket, { number, ends }: Visit, { line, excess, settings }: Decision): void {
    const { register } = this.#house
    register.denied(number, ends.remoteIp, line, excess)
    const farewell = excess === undefined ? undefined : (settings.find(([name]) => name === 'DIEMSG')?.[1] ?? this.#options.farewell)
    if (farewell === undefined) socket.destroy()
    else socket.end(`${farewell}\r\n`, 'latin1', () => socket.destroy())
    register.ended(number, Exit.permanent)
  }

  async #turnAway(socket: Socket, { number, ends }: Visit, line: string, block: Block): Promise<void> {
    const { register } = this.#house
    register.blocked(number, ends.remoteIp, line, block)
    await turnAway(block, socket)
    register.ended(number, Exit.ok)
  }

  #sendBanner(socket: Socket): Promise<void> {
    return new Promise((resolve, reject) => {
      socket.write(this.#options.banner, 'latin1', (error) => (error ? reject(new Temporary(`unable to print banner: ${reason(error)}`)) : resolve()))
      socket.once('close', () => reject(new Temporary('unable to print banner: broken pipe')))
    })
  }
}
