import type { Socket } from 'node:net'

/** From now on nothing is to be heard from this connection: it is closed when something is, and when it ends. The function that is returned ends that, and pauses it. */
export const keepSilent = (socket: Socket): (() => void) => {
  const leave = (): void => void socket.destroy()
  socket.on('data', leave).on('end', leave)
  socket.resume()
  return () => {
    socket.off('data', leave).off('end', leave)
    socket.pause()
  }
}
