import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Bytes } from '../core/bytes.ts'
import { type KeptAnswer, keptAnswers } from '../queue/answers.ts'
import { type CtlAnswer, type ListedMessage, type ListedRecipient, listedHead } from '../queue/ctl-wire.ts'
import { type QueuedMessage, type QueuedRecipient, queuedMessages } from '../queue/messages.ts'
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

type Answers = ReadonlyMap<Bytes, KeptAnswer>

const keyOf = (id: number, birth: number, { channel, address }: Pick<KeptAnswer, 'channel' | 'address'>): Bytes => `${id} ${birth} ${channel} ${address}`

/** What it kept of the last answers about messages that may be meant. */
const readAnswers = (queue: string, matcher: Matcher): Answers => {
  const answers = new Map<Bytes, KeptAnswer>()
  for (const answer of keptAnswers(queue)) if (matcher.mayMatch(answer.id)) answers.set(keyOf(answer.id, answer.birth, answer), answer)
  return answers
}

const fromFiles = (queue: string, message: QueuedMessage, answers: Answers): ListedMessage => {
  const { id, head, recipients } = message
  const listed = listedHead(message)
  const withAnswer = (recipient: QueuedRecipient): ListedRecipient => {
    const answer = recipient.isDone ? undefined : answers.get(keyOf(id, listed.entered, recipient))
    return { ...recipient, tries: answer?.tries ?? 0, ...(answer && { answer: answer.text, answered: answer.at }) }
  }
  const isLeft = recipients.some(({ isDone }) => !isDone)
  return {
    ...listed,
    state: head?.isHeld ? 'held' : isLeft ? 'waiting' : 'done',
    next: nextOf(queue, id),
    why: head?.isHeld ? 'held by the administrator' : WHY,
    recipients: recipients.map(withAnswer)
  }
}

/** Lists what the queue's files say, as qmail-send would: preprocessed messages. Throws Temporary when they cannot be read. */
export const listOffline = (home: string, { select }: QctlOptions, take: (answer: CtlAnswer) => void): void => {
  const queue = queueFolder(home)
  const matcher = new Matcher(select)
  const answers = readAnswers(queue, matcher)
  const now = Math.floor(Date.now() / 1000)
  let matched = 0
  for (const queued of queuedMessages(home)) {
    if (!matcher.mayMatch(queued.id)) continue
    const message = fromFiles(queue, queued, answers)
    if (!matcher.matches(message, now)) continue
    matched++
    take({ kind: 'message', message })
  }
  take({ kind: 'end', matched, changed: 0 })
}
