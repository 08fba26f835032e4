import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { Bytes } from '../core/bytes.ts'
import { reason } from '../core/failure.ts'
import { writeFd } from '../core/fdio.ts'
import { NetstringParser } from '../core/netstring.ts'
import { feedFrom } from '../os/feed.ts'
import { queueFolder } from '../queue/paths.ts'
import type { Delivery } from './conversation.ts'
import { localReport } from './report.ts'
import { answerBytes, MAX_WIRE_BYTES, parseRequest, type Request } from './rspawn-wire.ts'

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

/**
 * The second gear of qmail-remote: takes requests until their end, works on all of them at once, answers in completion order, one
 * write a turn. Returns when the last answer is out. Throws when qmail-rspawn speaks nonsense.
 */
export const serveDeliveries = async (requestFd: number, answerFd: number, home: string, deliver: (delivery: Delivery) => Promise<Bytes>): Promise<void> => {
  const parser = new NetstringParser(MAX_WIRE_BYTES)
  const running = new Set<Promise<void>>()
  let answers: Buffer[] = []
  let isReaderGone = false
  const flush = (): void => {
    const data = Buffer.concat(answers)
    answers = []
    try {
      if (!isReaderGone) writeFd(answerFd, data)
    } catch {
      // qmail-rspawn is gone; what has begun is still brought to its end, lest it be delivered twice
      isReaderGone = true
    }
  }
  const handle = async ({ id, message, host, sender, recipients }: Request): Promise<void> => {
    const path = join(queueFolder(home), 'mess', message)
    const reports = await withMessage(path, (fd) => deliver({ host, sender, recipients, fd }))
    if (answers.length === 0) setImmediate(flush)
    answers.push(answerBytes(id, reports))
  }
  await feedFrom(requestFd, (chunk) => {
    parser.push(Buffer.from(chunk))
    for (let body = parser.next(); body; body = parser.next()) {
      const request = parseRequest(body)
      if (request === undefined) throw new Error('malformed request')
      const work = handle(request).finally(() => running.delete(work))
      running.add(work)
    }
  })
  await Promise.all(running)
  if (answers.length > 0) flush()
}
