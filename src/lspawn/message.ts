import { fstatSync, read, readSync } from 'node:fs'
import type { MessageReader } from '../log/read-message.ts'
import { MAX_RESIDENT_BYTES } from '../spawn/local-wire.ts'
import { SLAB_BYTES } from '../spawn/slab.ts'
import type { Job } from '../spawn/spawner.ts'

/** Up to this size a message is read at once; reading a larger one must not hold up other deliveries. */
const SMALL_BYTES = 256 * 1024
/** So much of larger messages is in memory at a time, for all deliveries; what is beyond it takes the first gear, which holds a message in pieces. */
const MAX_HELD_BYTES = 64 * 1024 * 1024

/** As readSync, without holding up anybody. Rejects with system errors. */
const readLater = (fd: number, message: Buffer, at: number): Promise<number> =>
  new Promise((resolve, reject) => read(fd, message, at, message.length - at, at, (error, length) => (error === null ? resolve(length) : reject(error))))

let heldBytes = 0

/** A message that may be handed over in memory. */
export interface InMemory {
  /** To be called when it is handed over. Less than SLAB_BYTES stay until the next message is read; undefined: it is not what it was. Throws system errors. */
  read: () => Buffer | undefined
  /** To be called when the delivery is over, or whoever delivers needs us no more; again does nothing. */
  drop: () => void
}

const nothingToDrop = (): void => {}

/** What is less than a slab is copied by whom it is handed to, so one slab serves all. */
const shared = Buffer.allocUnsafeSlow(SLAB_BYTES)

const small = (fd: number, size: number): Buffer | undefined => {
  const message = size < SLAB_BYTES ? shared.subarray(0, size) : Buffer.allocUnsafeSlow(size)
  for (let at = 0; at < size; ) {
    const length = readSync(fd, message, at, size - at, at)
    if (length === 0) return undefined
    at += length
  }
  return message
}

const fromLog = (messages: MessageReader, { number, place }: NonNullable<Job['logged']>): Buffer | undefined => {
  try {
    return messages.read(number, place, shared)
  } catch {
    return undefined // it may be a file by now, and its place in the log another's
  }
}

/** Rejects with system errors. */
const large = async (fd: number, size: number): Promise<InMemory | undefined> => {
  let counted = size
  heldBytes += counted
  const drop = (): void => {
    heldBytes -= counted
    counted = 0
  }
  try {
    const message = Buffer.allocUnsafeSlow(size)
    for (let at = 0; at < size; ) {
      const length = await readLater(fd, message, at)
      if (length === 0) {
        drop()
        return undefined
      }
      at += length
    }
    return { read: () => message, drop }
  } catch (error) {
    drop()
    throw error
  }
}

/**
 * The message of a delivery, out of its file or the commit log, if it may be handed over in memory; undefined: it may not, or is not what it was. The file's
 * descriptor stays at its start. Throws or rejects with system errors.
 */
export const inMemory = (messages: MessageReader, { fd, logged }: Pick<Job, 'fd' | 'logged'>): InMemory | undefined | Promise<InMemory | undefined> => {
  if (logged !== undefined) return { read: () => fromLog(messages, logged), drop: nothingToDrop }
  const { size } = fstatSync(fd)
  if (size <= SMALL_BYTES) return { read: () => small(fd, size), drop: nothingToDrop }
  return size <= MAX_RESIDENT_BYTES && heldBytes + size <= MAX_HELD_BYTES ? large(fd, size) : undefined
}
