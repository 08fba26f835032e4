import { lstatSync } from 'node:fs'
import { errorCode } from '../../core/failure.ts'
import { type ListedMessage, type ListedRecipient, listedHead, type MessageState } from '../../queue/ctl-wire.ts'
import { type QueuedMessage, type QueuedRecipient, readMessage } from '../../queue/messages.ts'
import { CHANNELS, splitPath } from '../../queue/paths.ts'
import { domainOf } from '../../queue/selection.ts'
import type { Held, Message } from '../message.ts'
import { nowSeconds, type State } from '../state.ts'

/** More recipients of a message are not listed. */
const MAX_LISTED = 1000

/** A message as it goes over the wire: of very many recipients some that are not done. */
export const cut = (message: ListedMessage): ListedMessage => {
  const { recipients } = message
  if (recipients.length <= MAX_LISTED) return message
  return { ...message, recipients: recipients.filter(({ isDone }) => !isDone).slice(0, MAX_LISTED), more: recipients.length - MAX_LISTED }
}

const recipient = (
  { ctl }: State,
  { id, entered: birth }: Pick<ListedMessage, 'id' | 'entered'>,
  { channel, address, isDone }: QueuedRecipient
): ListedRecipient => {
  const answer = isDone ? undefined : ctl.memory.answer({ id, birth, channel, address })
  return { channel, address, isDone, tries: answer?.tries ?? 0, ...(answer && { answer: answer.text, answered: answer.at }) }
}

/** When each channel is tried next. */
const nextOf = ({ ctl, spawners }: State, id: number): ListedMessage['next'] => {
  const next: ListedMessage['next'] = {}
  for (const channel of CHANNELS) {
    const job = ctl.jobs(id).find((open) => open.channel === channel)
    const due = spawners[channel].waiting.dueOf(id) ?? ctl.holds.parked(id).get(channel) ?? job?.retry
    if (due !== undefined) next[channel] = due
  }
  return next
}

/** Where a message with files stands, and why it is still here. */
const standing = (state: State, id: number, isBouncing: boolean): [MessageState, string] => {
  const { ctl, spawners } = state
  const jobs = ctl.jobs(id)
  const running = jobs.reduce((sum, job) => sum + job.running, 0)
  const doom = ctl.doomed.get(id)
  if (doom !== undefined) return ['delivering', `to ${doom} when its ${running} deliveries have ended`]
  if (ctl.holds.has(id)) return ['held', 'held by the administrator']
  if (running > 0) return ['delivering', `deliveries running: ${running}`]
  const dues = CHANNELS.map((channel) => spawners[channel].waiting.dueOf(id)).filter((due) => due !== undefined)
  const isComing = CHANNELS.some((channel) => spawners[channel].arrivals.some((arrival) => arrival.id === id))
  const shut = CHANNELS.find((channel) => spawners[channel].limit === 0 && spawners[channel].waiting.dueOf(id) !== undefined)
  if (shut !== undefined) return ['due', `concurrency${shut} is 0`]
  const pauseEnds = spawners.remote.waiting.byDestination.pauseOf(id)
  if (pauseEnds !== undefined && jobs.length === 0 && !isComing)
    return ['waiting', `its host does not answer, and is left alone for ${Math.ceil(pauseEnds - nowSeconds())} s`]
  if (jobs.length > 0 || isComing || dues.some((due) => due <= nowSeconds())) return ['due', 'its time has come; it waits for a free place']
  if (dues.length > 0) return ['waiting', 'it waits for its next try']
  return ['done', isBouncing ? 'its bounce is to be sent' : 'all is delivered; its files are to go']
}

const isGone = (id: number): boolean => {
  try {
    return lstatSync(splitPath('info', id), { throwIfNoEntry: false }) === undefined
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    return false
  }
}

const fromFiles = (state: State, message: QueuedMessage): ListedMessage => {
  const { id, recipients } = message
  const head = listedHead(message)
  const [where, why] = standing(state, id, head.isBouncing)
  const listed = recipients.map((one) => recipient(state, head, one))
  return { ...head, state: where, next: nextOf(state, id), why, recipients: listed }
}

/** A message with files; undefined: there is none of this number. */
export const describe = (state: State, id: number): ListedMessage | undefined => {
  const message = readMessage('.', id)
  if (message.head === undefined && isGone(id)) return undefined
  const listed = fromFiles(state, message)
  for (const channel of CHANNELS) {
    const left = listed.recipients.filter((r) => r.channel === channel && !r.isDone)
    const domains = new Set(left.map(({ address }) => state.ctl.memory.nameOf(domainOf(address))))
    if (message.troubles.length === 0) state.ctl.memory.know(id, channel, [...domains])
  }
  return listed
}

/** A message that has no files yet, but stands in todo/ or in the commit log. */
export const describeNew = (message: Message, where: MessageState, why: string): ListedMessage => ({
  id: message.id,
  entered: message.birth,
  bytes: message.bytes,
  sender: message.sender ?? '',
  state: where,
  isBouncing: false,
  next: {},
  why,
  recipients: CHANNELS.flatMap((channel) => message.recipients[channel].map(({ address, isDone }) => ({ channel, address, isDone, tries: 0 }))),
  more: 0,
  troubles: []
})

/** A message of the express lane. */
export const describeHeld = (held: Held): ListedMessage =>
  held.isStarted ? describeNew(held, 'delivering', 'deliveries running') : describeNew(held, 'new', 'it has just come')
