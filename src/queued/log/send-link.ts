import type { Socket } from 'node:net'
import { FrameParser, packFrame, type ToQueued, type ToSend } from '../../log/wire.ts'

/** What qmail-send asks for. */
export interface LinkEvents {
  done: (number: number) => void
  spill: (number: number) => void
  /** It is gone. */
  lost: () => void
}

/** The connection to the suite's own qmail-send (src/log/wire.ts). */
export class SendLink {
  readonly #socket: Socket
  readonly #parser = new FrameParser<ToQueued>()
  /** Resolves when it is gone. */
  readonly closed: Promise<void>

  constructor(socket: Socket, events: LinkEvents) {
    this.#socket = socket
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        events.lost()
        resolve()
      })
    })
    socket.on('error', () => {}) // 'close' follows
    socket.on('end', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => this.#take(chunk, events))
  }

  send(frames: readonly ToSend[]): void {
    if (this.#socket.destroyed || frames.length === 0) return
    this.#socket.write(Buffer.concat(frames.map(packFrame)))
  }

  #take(chunk: Buffer, events: LinkEvents): void {
    try {
      for (const frame of this.#parser.push(chunk)) events[frame.kind](frame.number)
    } catch {
      this.#socket.destroy() // not our protocol
    }
  }
}
