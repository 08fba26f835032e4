import { constants, openSync } from 'node:fs'
import { Socket } from 'node:net'

const FIFO = 'lock/trigger'

/**
 * The FIFO writers pull when they have put something into todo/. It is held open for writing too, so it never comes to its end; every
 * byte is drained as it comes, before todo/ is looked at, so a pull during a look leads to another look (spec queue.md 2.1).
 */
export class Trigger {
  #socket: Socket | undefined
  readonly #onPull: () => void

  constructor(onPull: () => void) {
    this.#onPull = onPull
  }

  /** Opens the FIFO unless it is open. Without one, todo/ is looked at now and then. */
  open(): void {
    if (this.#socket !== undefined) return
    try {
      const fd = openSync(FIFO, constants.O_RDWR | constants.O_NONBLOCK)
      const socket = new Socket({ fd, readable: true, writable: false })
      const lose = (): void => {
        this.#socket = undefined
      }
      socket.on('data', this.#onPull).on('error', lose).on('close', lose)
      this.#socket = socket
    } catch {
      this.#socket = undefined
    }
  }
}
