import { statSync } from 'node:fs'
import { join } from 'node:path'
import { type CtlAnswer, type ListedMessage, listedHead } from '../queue/ctl-wire.ts'
import { type QueuedMessage, queuedMessages } from '../queue/messages.ts'
import { CHANNELS, queueFolder, splitPath } from '../queue/paths.ts'
import { Matcher } from '../queue/selection.ts'
import type { QctlOptions } from './options.ts'

const WHY = 'qmail-send is not running'

/** A stopped qmail-send has left in the files' times when each channel is due. */
const nextOf = (queue: string, id: number): ListedMessage['next'] => {
  const next: ListedMessage['next'] = {}
  for (const channel of CHANNELS) {
    const file = statSync(join(queue, splitPath(channel, id)), { throwIfNoEntry: false })
    if (file !== undefined) next[channel] = Math.floor(file.mtimeMs / 1000)
  }
  return next
}

const fromFiles = (queue: string, message: QueuedMessage): ListedMessage => {
  const { id, head, recipients } = message
  const isLeft = recipients.some(({ isDone }) => !isDone)
  return {
    ...listedHead(message),
    state: head?.isHeld ? 'held' : isLeft ? 'waiting' : 'done',
    next: nextOf(queue, id),
    why: head?.isHeld ? 'held by the administrator' : WHY,
    recipients: recipients.map((recipient) => ({ ...recipient, tries: 0 }))
  }
}

/** Lists what the queue's files say, as qmail-send would: preprocessed messages. Throws Temporary when they cannot be read. */
export const listOffline = (home: string, { select }: QctlOptions, take: (answer: CtlAnswer) => void): void => {
  const queue = queueFolder(home)
  const matcher = new Matcher(select)
  const now = Math.floor(Date.now() / 1000)
  let matched = 0
  for (const queued of queuedMessages(home)) {
    if (!matcher.mayMatch(queued.id)) continue
    const message = fromFiles(queue, queued)
    if (!matcher.matches(message, now)) continue
    matched++
    take({ kind: 'message', message })
  }
  take({ kind: 'end', matched, changed: 0 })
}
