import type { Socket } from 'node:net'

/** What Node keeps below a socket. Its own pause() goes on reading until its buffer is full, and bytes that were read here are lost to who gets the socket next. */
interface Handle {
  reading: boolean
  readStop(): void
}

/** Reads no more from a connection that is to be handed on, for good: what comes from now on stays with the system, for the next owner. */
export const stopReading = (socket: Socket): void => {
  socket.pause()
  const handle = (socket as Socket & { _handle: Handle | null })._handle
  if (!handle) return
  handle.reading = false
  handle.readStop()
}
