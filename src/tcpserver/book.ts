import { type Block, blockLine } from '../accept/block.ts'
import type { Register } from '../accept/entrance.ts'
import type { TcpserverLog } from '../accept/log.ts'
import type { Bytes } from '../core/bytes.ts'

/** Keeps count of all connections, and writes the log of -v (spec network.md 2.1). A connection with a process of its own goes by that one's id. */
export class Book implements Register {
  readonly #log: TcpserverLog
  readonly #limit: number
  readonly #onEnd: (number: number) => void
  #active = 0

  /** `onEnd` hears of each connection that is over. */
  constructor(log: TcpserverLog, limit: number, onEnd: (number: number) => void) {
    this.#log = log
    this.#limit = limit
    this.#onEnd = onEnd
  }

  /** How many connections there are now. */
  get active(): number {
    return this.#active
  }

  logCount(): void {
    this.#log.status(`status: ${this.#active}/${this.#limit}`)
  }

  came(): void {
    this.#active++
    this.logCount()
  }

  admitted(pid: number, ip: Bytes, line: string): void {
    this.#logStart(pid, ip)
    this.#log.status(`ok ${pid} ${line}`)
  }

  denied(number: number, ip: Bytes, line: string, excess: string | undefined): void {
    this.#logStart(number, ip)
    this.#log.status(`deny ${number} ${line}`)
    if (excess !== undefined) this.#log.status(`limit ${number} ${excess}`)
  }

  blocked(number: number, ip: Bytes, line: string, block: Block): void {
    this.admitted(number, ip, line)
    this.#log.blocked(blockLine(ip, number, block))
  }

  dropped(number: number, ip: Bytes, why: string): void {
    this.#logStart(number, ip)
    this.#log.warn(`dropping connection, ${why}`)
  }

  ended(number: number, exit: number): void {
    this.endedAs(number, number, exit * 256)
  }

  /** The end of a connection that went by another number, with a raw wait status. */
  endedAs(number: number, pid: number, status: number): void {
    this.#log.status(`end ${pid} status ${status}`)
    this.#active--
    this.logCount()
    this.#onEnd(number)
  }

  #logStart(pid: number, ip: Bytes): void {
    this.#log.status(`pid ${pid} from ${ip}`)
  }
}
