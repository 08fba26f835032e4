import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { reason } from '../../core/failure.ts'
import type { Log } from '../log.ts'

const FIFO = 'lock/trigger'
/** Whatever has become of the name: it is looked at this often when there is nothing else to do. */
const LOOK_MILLISECONDS = 60_000

const nameIs = (): string | undefined => {
  const file = lstatSync(FIFO, { throwIfNoEntry: false })
  return file && `${file.dev} ${file.ino}`
}

/**
 * The FIFO writers pull when they have put something into todo/. It is held open for writing too, so it never comes to its end; every
 * byte is drained as it comes, before todo/ is looked at, so a pull during a look leads to another look (spec queue.md 2.1). Tools that
 * mend queues make it anew: then the name stands for another one than ours, which nobody reads.
 */
export class Trigger {
  #socket: Socket | undefined
  #opened: string | undefined
  #nextLook = 0
  #complaint = ''
  readonly #log: Log
  readonly #onPull: () => void

  constructor(log: Log, onPull: () => void) {
    this.#log = log
    this.#onPull = onPull
  }

  /** Milliseconds until the name is to be looked at again. */
  get restMilliseconds(): number {
    return Math.max(0, this.#nextLook - performance.now())
  }

  /** Opens the FIFO, and now and then makes sure that it is still the one others find. As long as there is none, todo/ is looked at that often. */
  open(): void {
    if (this.restMilliseconds === 0) this.reopen()
  }

  /** Looks at the name now. */
  reopen(): void {
    this.#nextLook = performance.now() + LOOK_MILLISECONDS
    try {
      const name = nameIs()
      if (this.#socket !== undefined && name === this.#opened) return
      const isAnew = this.#opened !== undefined
      this.#openIt()
      this.#complaint = ''
      if (isAnew) this.#onPull() // a pull may have been lost meanwhile
    } catch (error) {
      this.#complain(reason(error))
      this.#onPull()
    }
  }

  #openIt(): void {
    this.#socket?.destroy()
    this.#socket = undefined
    const fd = openSync(FIFO, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW)
    const file = fstatSync(fd)
    if (!file.isFIFO()) {
      closeSync(fd)
      throw new Error('not a FIFO')
    }
    const socket = new Socket({ fd, readable: true, writable: false })
    const lose = (): void => {
      if (this.#socket !== socket) return
      this.#socket = undefined
      this.#nextLook = 0
    }
    socket.on('data', this.#onPull).on('error', lose).on('close', lose)
    this.#socket = socket
    this.#opened = `${file.dev} ${file.ino}`
  }

  /** The same thing is said once. */
  #complain(why: string): void {
    if (why !== this.#complaint) this.#log.line(`warning: unable to watch ${FIFO}: ${why}; new messages may wait`)
    this.#complaint = why
  }
}
