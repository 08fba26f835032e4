import { lstatSync, opendirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Bytes } from '../core/bytes.ts'
import { reason, Temporary } from '../core/failure.ts'
import { readIfThere } from '../core/if-there.ts'
import { isHeld } from './hold.ts'
import { CHANNELS, type Channel, queueFolder, SPLIT, splitPath } from './paths.ts'

export interface QueuedRecipient {
  channel: Channel
  address: Bytes
  isDone: boolean
}

/** A message in the queue, as far as it could be read; `troubles` say what could not. */
export interface QueuedMessage {
  id: number
  /** Absent: the message itself could not be read. */
  head?: { entered: Date; bytes: number; sender: Bytes; isBouncing: boolean; isHeld?: true }
  recipients: QueuedRecipient[]
  troubles: string[]
}

const idsIn = (queue: string, folder: string): number[] => {
  const ids: number[] = []
  try {
    // opendir, not readdir: Node sorts the latter, and the listing is in the folder's own order
    const dir = opendirSync(join(queue, folder))
    for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) if (/^[0-9]+$/.test(entry.name)) ids.push(Number(entry.name))
    dir.closeSync()
  } catch (error) {
    throw new Temporary(`unable to opendir ${folder}: ${reason(error)}`, { cause: error })
  }
  return ids
}

const readHead = (queue: string, id: number): NonNullable<QueuedMessage['head']> => {
  const info = join(queue, splitPath('info', id))
  const sender = readFileSync(info, 'latin1').slice(1).split('\0', 1)[0] ?? ''
  const entered = statSync(info).mtime
  const bytes = statSync(join(queue, splitPath('mess', id))).size
  const isBouncing = lstatSync(join(queue, 'bounce', String(id)), { throwIfNoEntry: false }) !== undefined
  return { entered, bytes, sender, isBouncing, ...(isHeld(queue, id) && { isHeld: true }) }
}

const recordsOf = (queue: string, channel: Channel, id: number): Bytes[] => (readIfThere(join(queue, splitPath(channel, id))) ?? '').split('\0').slice(0, -1)

const readRecipients = (queue: string, channel: Channel, id: number): QueuedRecipient[] =>
  recordsOf(queue, channel, id)
    .filter((record) => record.startsWith('T') || record.startsWith('D'))
    .map((record) => ({ channel, address: record.slice(1), isDone: record.startsWith('D') }))

/** One preprocessed message. `queue`: its folder. */
export const readMessage = (queue: string, id: number): QueuedMessage => {
  const message: QueuedMessage = { id, recipients: [], troubles: [] }
  try {
    message.head = readHead(queue, id)
  } catch (error) {
    message.troubles.push(reason(error))
    return message
  }
  for (const channel of CHANNELS) {
    try {
      message.recipients.push(...readRecipients(queue, channel, id))
    } catch (error) {
      message.troubles.push(reason(error))
    }
  }
  return message
}

/** The preprocessed messages of the queue, folder by folder; not a snapshot (spec injection-admin.md 6.2). Throws Temporary when a folder of info/ cannot be opened. */
export function* queuedMessages(home: string): Generator<QueuedMessage> {
  const queue = queueFolder(home)
  for (let n = 0; n < SPLIT; n++) for (const id of idsIn(queue, `info/${n}`)) yield readMessage(queue, id)
}
