import { constants, fstatSync, lstatSync, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { reason } from '../core/failure.ts'

/** After a pull the FIFO is not read for so long: pulls that come faster, or never end, share a look. */
const REST_MILLISECONDS = 20

/** The FIFO callers pull. Opened for writing too, it never ends; without it, files wait for the next timed look. */
export class DropTrigger {
  readonly #path: string
  readonly #onPull: () => void
  readonly #log: (line: string) => void
  #socket: Socket | undefined
  #opened = ''
  #complaint = ''
  #timer: NodeJS.Timeout | undefined

  constructor(path: string, onPull: () => void, log: (line: string) => void) {
    this.#path = path
    this.#onPull = onPull
    this.#log = log
  }

  /** Makes sure that we watch what the name stands for now. */
  watch(): void {
    try {
      const name = lstatSync(this.#path)
      if (!name.isFIFO()) throw new Error('not a FIFO')
      if (this.#socket === undefined || this.#opened !== `${name.dev} ${name.ino}`) this.#open()
      this.#complaint = ''
    } catch (error) {
      const why = reason(error)
      if (why !== this.#complaint) this.#log(`warning: unable to watch drop/trigger: ${why}`)
      this.#complaint = why
    }
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #open(): void {
    this.close()
    const fd = openSync(this.#path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW)
    const { dev, ino } = fstatSync(fd)
    const socket = new Socket({ fd, readable: true, writable: false })
    socket.on('data', () => {
      socket.pause()
      this.#timer = setTimeout(() => socket.resume(), REST_MILLISECONDS)
      this.#onPull()
    })
    socket.on('error', () => {
      if (this.#socket === socket) this.#socket = undefined // as without it
    })
    this.#opened = `${dev} ${ino}`
    this.#socket = socket
  }
}
