import { once } from 'node:events'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { reason, Temporary } from '../core/failure.ts'

/**
 * The kernel's backlog is at least this. Beyond a full one, connections of a burst are lost in a way that only shows when the client speaks, and an SMTP client waits
 * for our greeting: it would wait until its patience ends.
 */
const MIN_BACKLOG = 511

/** Where the socket lies: the lowest number there is, so that a program we start can be given it as its standard input. */
export const LISTENING_FD = 0

/** Accepted connections are paused: nothing is read before it is known who serves them. */
const newServer = (): Server => createServer({ pauseOnConnect: true, allowHalfOpen: true })

const listening = async (host: string, port: number, backlog: number, isV6Only: boolean): Promise<Server> => {
  const server = newServer()
  server.listen({ host, port, backlog, ipv6Only: isV6Only, exclusive: true })
  await once(server, 'listening').catch((error) => {
    throw new Temporary(`unable to bind: ${reason(error)}`)
  })
  return server
}

/**
 * A bound and listening socket, on descriptor 0. Node never closes descriptors up to 2 by itself, so accepting can stop, with connections waiting in the kernel, and
 * begin again, here or in a program that has the descriptor too.
 */
export class Listener {
  readonly port: number
  readonly backlog: number
  #server: Server | undefined

  private constructor(port: number, backlog: number) {
    this.port = port
    this.backlog = backlog
  }

  /** Binds and listens; what descriptors 0 and 1 were is closed. `onBound` is called before that. Rejects with Temporary. */
  static async bind(host: string, port: number, wanted: number, isV6Only: boolean, onBound: (port: number) => void): Promise<Listener> {
    const backlog = Math.max(wanted, MIN_BACKLOG)
    // The first stream of a process makes Node open a descriptor of its own, which would get the number 0.
    const first = await listening(host, port, backlog, isV6Only)
    first.close()
    closeSync(LISTENING_FD)
    const server = await listening(host, port, backlog, isV6Only)
    if (!fstatSync(LISTENING_FD).isSocket()) throw new Temporary('descriptor 0 is in use')
    const address = server.address()
    const listener = new Listener(typeof address === 'object' ? (address?.port ?? port) : port, backlog)
    server.close()
    onBound(listener.port)
    closeSync(1) // nobody may wait for the end of it; its number stays taken, so that no connection gets it
    openSync('/dev/null', 'r')
    return listener
  }

  /** Accepts connections from now on, if it does not yet. */
  open(onConnection: (socket: Socket) => void): void {
    if (this.#server) return
    this.#server = newServer()
    this.#server.on('connection', onConnection)
    this.#server.on('error', () => {}) // accepting is tried again by itself
    this.#server.listen({ fd: LISTENING_FD }, this.backlog)
  }

  /** Accepts no more for now. */
  shut(): void {
    this.#server?.close()
    this.#server = undefined
  }
}
