import type { Socket } from 'node:net'
import { stopReading } from '../os/stop-reading.ts'
import type { FromWorker, ToWorker } from '../spawn/handover.ts'
import type { TlsStarter, Turned } from './tls.ts'

/** A resident server's way to TLS: its parent takes the connection, and gives it back, inside TLS. */
export class TlsHand {
  readonly #send: (message: FromWorker, socket?: Socket) => void
  readonly #waiting = new Map<number, (turned: Turned) => void>()
  /** Undefined: the parent has no TLS. */
  #isAble: boolean | undefined

  constructor(send: (message: FromWorker, socket?: Socket) => void) {
    this.#send = send
  }

  /** The way of the session with this number, whose connection is a socket; undefined: there is no TLS here. */
  starter(id: number): TlsStarter | undefined {
    if (this.#isAble === undefined) return undefined
    return {
      isAble: () => this.#isAble === true,
      start: ({ input }, ready) =>
        new Promise((resolve) => {
          const socket = input as Socket
          stopReading(socket)
          this.#waiting.set(id, resolve)
          this.#send({ kind: 'startTls', id, ready }, socket)
        })
    }
  }

  /** Takes a message of the parent, if it is one of these; its socket comes with it. */
  hear(message: ToWorker, socket: Socket | undefined): boolean {
    if (message.kind === 'tls') this.#isAble = message.isAble
    else if (message.kind === 'secured') this.#turn(message.id, socket && { kind: 'secured', ends: endsOf(socket), variables: message.variables })
    else if (message.kind === 'clear') this.#turn(message.id, socket && { kind: 'clear', ends: endsOf(socket) })
    else if (message.kind === 'unsecured') this.#turn(message.id, undefined)
    else return false
    return true
  }

  /** The parent is gone. */
  cut(): void {
    this.#isAble = undefined
    for (const id of [...this.#waiting.keys()]) this.#turn(id, undefined)
  }

  #turn(id: number, turned: Turned | undefined): void {
    this.#waiting.get(id)?.(turned ?? { kind: 'gone' })
    this.#waiting.delete(id)
  }
}

const endsOf = (socket: Socket) => {
  socket.allowHalfOpen = true // who says no more may still be listening
  return { input: socket, output: socket }
}
