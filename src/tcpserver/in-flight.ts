import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'

/** Sockets on their way to a child. Node would keep those open for ever that wait for a child that dies; a client of such a one would never hear of it. */
export class InFlight {
  readonly #sockets = new Set<Socket>()

  /** Sends a message; our copy of its socket is closed once it is in the channel, or when there is none. `onLeft` is called then. */
  send(child: ChildProcess, message: object, socket: Socket | undefined, onLeft: () => void = () => {}): void {
    if (!child.connected) {
      socket?.destroy()
      onLeft()
      return
    }
    if (socket) this.#sockets.add(socket)
    child.send(message, socket, { keepOpen: true }, () => {
      onLeft() // an error means that the child is gone, and that is noticed by itself
      if (socket) this.#drop(socket)
    })
  }

  /** The child is gone: so are the connections it never got. */
  dropAll(): void {
    for (const socket of this.#sockets) this.#drop(socket)
  }

  #drop(socket: Socket): void {
    this.#sockets.delete(socket)
    socket.destroy()
  }
}
