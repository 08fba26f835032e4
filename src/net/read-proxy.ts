import { readSync } from 'node:fs'
import type { Socket } from 'node:net'
import { errorCode, Temporary } from '../core/failure.ts'
import type { Addresses } from './peer.ts'
import { parseProxyHeader } from './proxy-header.ts'

/** A proxy sends its header at once. */
const PATIENCE_MILLISECONDS = 10_000
/** How often it is looked for: at once, then after this and ever longer pauses. */
const FIRST_PAUSE_MILLISECONDS = 1
const LONGEST_PAUSE_MILLISECONDS = 50

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Reads as many bytes as are wanted and there; undefined when none are there now. Throws at the end of the connection. */
const readSome = (fd: number, wanted: number): Buffer | undefined => {
  const buffer = Buffer.alloc(wanted)
  try {
    const length = readSync(fd, buffer, 0, wanted, null)
    if (length === 0) throw new Temporary('no PROXY header')
    return buffer.subarray(0, length)
  } catch (error) {
    if (errorCode(error) === 'EAGAIN') return undefined
    throw error
  }
}

/**
 * Reads the PROXY header of a paused connection, to its last byte and no further: what follows is for the program that gets the connection, so streams are
 * no use here, for they read ahead. Resolves with the ends it names, undefined where the proxy speaks for itself; rejects with Temporary when there is none
 * within ten seconds.
 */
export const readProxyHeader = async (socket: Socket): Promise<Addresses | undefined> => {
  const { fd } = (socket as unknown as { _handle?: { fd: number } })._handle ?? {}
  if (fd === undefined || fd < 0) throw new Temporary('no PROXY header')
  let head: Buffer = Buffer.alloc(0)
  const end = Date.now() + PATIENCE_MILLISECONDS
  for (let wait = FIRST_PAUSE_MILLISECONDS; !socket.destroyed; ) {
    const header = parseProxyHeader(head)
    if (header.kind === 'ok') return header.ends
    if (header.kind === 'bad') throw new Temporary('bad PROXY header')
    const some = readSome(fd, header.bytes - head.length)
    if (some) {
      head = Buffer.concat([head, some])
      continue
    }
    if (Date.now() > end) break
    await pause(wait)
    wait = Math.min(2 * wait, LONGEST_PAUSE_MILLISECONDS)
  }
  throw new Temporary('no PROXY header')
}
