import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { Bytes } from '../core/bytes.ts'
import { reason } from '../core/failure.ts'
import { queueFolder } from '../queue/paths.ts'
import { serveRequests } from '../spawn/wire.ts'
import type { Delivery } from './conversation.ts'
import { localReport } from './report.ts'

const withMessage = async (path: string, work: (fd: number) => Promise<Bytes>): Promise<Bytes> => {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    return localReport(`Unable to read message: ${reason(error)}`)
  }
  try {
    return await work(fd)
  } finally {
    closeSync(fd)
  }
}

/** The second gear of qmail-remote: delivers until there are no more requests, many at once. Throws when qmail-rspawn speaks nonsense. */
export const serveDeliveries = (home: string, deliver: (delivery: Delivery) => Promise<Bytes>): Promise<void> =>
  serveRequests(false, async ([message, host, sender, ...recipients]) => {
    if (message === undefined || host === undefined || sender === undefined) throw new Error('malformed request')
    return [await withMessage(join(queueFolder(home), 'mess', message), (fd) => deliver({ host, sender, recipients, fd }))]
  })
