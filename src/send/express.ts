import type { Channel } from '../queue/paths.ts'
import { splitPath } from '../queue/paths.ts'
import { exists } from './files.ts'
import type { Held, Message } from './message.ts'
import { removeEnvelope, removeMessage } from './removal.ts'
import { channelsOf, clearLeftovers, create, writeSorted } from './sort.ts'
import { AGAIN_SECONDS, later, nowSeconds, type State } from './state.ts'

/** A message with more recipients is preprocessed. */
const MAX_RECIPIENTS = 20
/** So many messages are held in memory at most. */
const MAX_HELD = 500
/** A message that is still not through gets its files, so that a crash repeats less and the queue's tools see it. */
export const EXPRESS_SECONDS = 15

const hasLeftovers = (id: number): boolean => exists(splitPath('info', id)) || exists(splitPath('local', id)) || exists(splitPath('remote', id))

/** May this new message be delivered straight from todo/? */
export const mayGoExpress = (state: State, message: Message): boolean => {
  const channels = channelsOf(message)
  return (
    state.settings.isResident &&
    message.sender !== undefined &&
    state.express.size < MAX_HELD &&
    message.recipients.local.length + message.recipients.remote.length <= MAX_RECIPIENTS &&
    channels.every((channel) => state.spawners[channel].limit > 0) &&
    !hasLeftovers(message.id)
  )
}

/** Takes a message into the express lane: it waits for its channels, with nothing written. */
export const goExpress = (state: State, message: Message): void => {
  const open = new Set<Channel>(channelsOf(message))
  const held: Held = { ...message, stage: 'express', isStarted: false, isLeaving: false, open, afterwards: [] }
  state.spokenFor.add(message.id)
  state.express.set(message.id, held)
  for (const channel of open) state.spawners[channel].waiting.insert(message.id, message.birth)
  if (open.size === 0) arrived(state, held)
}

/** Everything is delivered: the envelope goes, then the message (todo first: without it a crash repeats nothing). */
const arrived = (state: State, held: Held): void => {
  const { id } = held
  state.express.delete(id)
  const remove = (): void =>
    removeEnvelope(state, id, (isDone) => {
      if (!isDone) return later(state, AGAIN_SECONDS, remove)
      state.log.line(`end msg ${id}`)
      removeMessage(state, id)
    })
  remove()
}

/** All recipients on one channel are delivered. */
export const channelArrived = (state: State, held: Held, channel: Channel): void => {
  held.open.delete(channel)
  if (held.open.size === 0) arrived(state, held)
}

/**
 * Takes a message out of the lane: its files are written with the marks it has earned (S4 with info, local, remote), then its envelope
 * goes (S5), as in ordinary preprocessing; `afterwards` happens only then. What fails is tried again.
 */
export const leaveExpress = (state: State, held: Held, afterwards?: () => void): void => {
  if (afterwards) held.afterwards.push(afterwards)
  if (held.isLeaving) return
  held.isLeaving = true
  const write = (): void => {
    if (held.open.size === 0) return
    if (writeHeld(state, held)) giveUpEnvelope(state, held)
    else later(state, AGAIN_SECONDS, write)
  }
  write()
}

const writeHeld = (state: State, held: Held): boolean => {
  if (!clearLeftovers(state, held.id)) return false
  const info = create(state, splitPath('info', held.id))
  if (info === undefined || !writeSorted(state, held, info, [...held.open])) return false
  held.stage = 'written'
  state.express.delete(held.id)
  return true
}

const giveUpEnvelope = (state: State, held: Held): void =>
  removeEnvelope(state, held.id, (isDone) => {
    if (!isDone) return later(state, AGAIN_SECONDS, () => giveUpEnvelope(state, held))
    held.stage = 'sorted'
    state.spokenFor.delete(held.id)
    for (const work of held.afterwards) work()
    state.done.insert(held.id, nowSeconds())
  })

/** When the oldest message has been in the lane for long enough; undefined when it is empty. */
export const expressDue = (state: State): number | undefined => {
  for (const held of state.express.values()) if (held.isStarted && !held.isLeaving) return held.birth + EXPRESS_SECONDS
  return undefined
}

/** Takes the oldest message out of the lane if it has been there for too long. */
export const expressStep = (state: State): boolean => {
  for (const held of state.express.values()) {
    if (!held.isStarted || held.isLeaving) continue
    if (held.birth + EXPRESS_SECONDS > nowSeconds()) return false
    leaveExpress(state, held)
    return true
  }
  return false
}

/** SIGTERM: what has been started gets its files; the rest stays in todo/ as it is. */
export const closeExpress = (state: State): void => {
  for (const held of [...state.express.values()]) if (held.isStarted) leaveExpress(state, held)
}
