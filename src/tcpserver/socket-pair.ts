import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** Two ends of one connection within this machine; nothing is read from either. */
export type SocketPair = [Socket, Socket]

/**
 * Makes connected pairs of Unix sockets, which Node has no call for: listens at `path`, in a folder nobody else may enter, and connects to itself.
 */
export class SocketPairs {
  readonly #path: string
  #server: Promise<Server> | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  /** Makes one. Rejects with the system's error. */
  make(): Promise<SocketPair> {
    const made = this.#last.then(() => this.#pair()) // one after the other, so that the two ends belong together
    this.#last = made.catch(() => {})
    return made
  }

  /** Removes the name. */
  close(): void {
    void this.#server?.then((server) => server.close())
    this.#server = undefined
  }

  async #listen(): Promise<Server> {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }).listen(this.#path)
    await once(server, 'listening')
    server.unref()
    return server
  }

  async #pair(): Promise<SocketPair> {
    this.#server ??= this.#listen()
    const server = await this.#server.catch((error: unknown) => {
      this.#server = undefined
      throw error
    })
    const accepted = once(server, 'connection') as Promise<[Socket]>
    const near = connect({ path: this.#path, allowHalfOpen: true })
    near.pause()
    await once(near, 'connect')
    const [far] = await accepted
    for (const end of [near, far]) end.on('error', () => {}) // it closes, and whoever has it notices
    return [near, far]
  }
}
