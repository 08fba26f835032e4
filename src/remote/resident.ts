import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { Bytes } from '../core/bytes.ts'
import { reason } from '../core/failure.ts'
import { parseLogName } from '../log/place.ts'
import { MessageReader } from '../log/read-message.ts'
import { parseNotes } from '../queue/notes.ts'
import { queueFolder } from '../queue/paths.ts'
import { FIRST_GEAR } from '../spawn/local-wire.ts'
import { serveRequests } from '../spawn/wire.ts'
import type { Delivery } from './delivery.ts'
import { localReport } from './report.ts'

type Deliver = (message: Buffer | number) => Promise<Bytes>

const fromFile = async (path: string, deliver: Deliver): Promise<Bytes> => {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    return localReport(`Unable to read message: ${reason(error)}`)
  }
  try {
    return await deliver(fd)
  } finally {
    closeSync(fd)
  }
}

/** From the commit log. All of it at once: while we talk, its place may become another message's. */
const fromLog = (messages: MessageReader, { number, place }: NonNullable<ReturnType<typeof parseLogName>>, deliver: Deliver): Promise<Bytes> | Bytes => {
  let message: Buffer
  try {
    message = messages.read(number, place)
  } catch {
    return FIRST_GEAR // it may be a file by now
  }
  return deliver(message)
}

/** The second gear of qmail-remote: delivers until there are no more requests, many at once. Throws when qmail-rspawn speaks nonsense. */
export const serveDeliveries = (home: string, deliver: (delivery: Delivery) => Promise<Bytes>): Promise<void> => {
  const messages = new MessageReader(home)
  return serveRequests(false, async ([place, host, sender, ...rest]) => {
    if (place === undefined || host === undefined || sender === undefined) throw new Error('malformed request')
    const hasNotes = place.endsWith('+')
    const [name, notes, recipients] = hasNotes ? [place.slice(0, -1), parseNotes(rest[0] ?? ''), rest.slice(1)] : [place, undefined, rest]
    const logged = parseLogName(name)
    const from: Deliver = (message) => deliver({ host, sender, recipients, notes, message, tellsExchangers: true })
    return [await (logged ? fromLog(messages, logged, from) : fromFile(join(queueFolder(home), 'mess', name), from))]
  })
}
