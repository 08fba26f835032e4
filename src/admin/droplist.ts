import { closeSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Bytes } from '../core/bytes.ts'
import { reason } from '../core/failure.ts'
import { FINAL } from '../queue/drop-format.ts'
import { type OpenDrop, openDrop, pieces } from '../queue/drop-open.ts'

/** Envelopes up to this size are listed; anybody may leave larger ones there. */
const MAX_ENVELOPE_BYTES = 4_194_304

/** A message that is accepted and waits in drop/ for qmail-queued, as far as it could be read. */
export interface DroppedMessage {
  /** Its file's name: it has no number yet. */
  drop: Bytes
  /** Absent: it could not be read. */
  head?: { entered: Date; bytes: number; sender: Bytes }
  recipients: Bytes[]
  troubles: string[]
}

/** The names of the messages in drop/, oldest first. Throws system errors: only root and qmailq may list the folder. */
export const droppedNames = (home: string): Bytes[] =>
  readdirSync(join(home, 'drop'), 'latin1')
    .filter((name) => name.startsWith(FINAL))
    .sort()

/** How many messages wait in drop/; or why that cannot be known. A home without the folder has none. */
export const countDropped = (home: string): { dropped: number; troubles: string[] } => {
  try {
    return { dropped: droppedNames(home).length, troubles: [] }
  } catch (error) {
    return { dropped: 0, troubles: [`unable to read drop: ${reason(error)}`] }
  }
}

const envelopeOf = (drop: OpenDrop): Bytes[] => {
  if (drop.envelopeBytes > MAX_ENVELOPE_BYTES) throw new Error('its envelope is too long to be listed')
  return Buffer.concat([...pieces(drop, drop.messageBytes, drop.envelopeBytes)])
    .toString('latin1')
    .split('\0')
}

const readDropped = (home: string, name: Bytes): DroppedMessage | undefined => {
  let drop: OpenDrop | undefined
  try {
    drop = openDrop(Buffer.from(join(home, 'drop', name), 'latin1'), statSync(join(home, 'drop')).gid)
    if (drop === undefined) return undefined // queued meanwhile
    const { messageBytes, changedMs } = drop
    const [sender = '', ...recipients] = envelopeOf(drop)
    const head = { entered: new Date(changedMs), bytes: messageBytes, sender: sender.slice(1) }
    return { drop: name, head, recipients: recipients.filter((record) => record.startsWith('T')).map((record) => record.slice(1)), troubles: [] }
  } catch (error) {
    return { drop: name, recipients: [], troubles: [reason(error)] }
  } finally {
    if (drop !== undefined) closeSync(drop.fd)
  }
}

/** The messages in drop/, oldest first; not a snapshot. Throws system errors when the folder cannot be listed. */
export function* droppedMessages(home: string): Generator<DroppedMessage> {
  for (const name of droppedNames(home)) {
    const message = readDropped(home, name)
    if (message !== undefined) yield message
  }
}
