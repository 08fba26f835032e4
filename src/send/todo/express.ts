import type { Channel } from '../../queue/paths.ts'
import { splitPath } from '../../queue/paths.ts'
import { exists, markDone } from '../files.ts'
import type { Held, Message } from '../message.ts'
import { removeEnvelope, removeMessage } from '../removal.ts'
import { LANE_AGAIN_SECONDS, later, nowSeconds, type State } from '../state.ts'
import { learnDestination } from './destined.ts'
import type { Place } from './lane.ts'
import { channelsOf, clearLeftovers, create, writeSorted } from './sort.ts'

/** A message with more recipients is preprocessed. */
const MAX_RECIPIENTS = 20
/** A message that is still not through gets its files, so that a crash repeats less and the queue's tools see it. */
const EXPRESS_SECONDS = 15

const hasLeftovers = (id: number): boolean => {
  try {
    return exists(splitPath('info', id)) || exists(splitPath('local', id)) || exists(splitPath('remote', id))
  } catch {
    return true // preprocessing will say what is wrong with them
  }
}

/** May this message take the express lane, if there is room? */
export const fitsExpress = ({ settings, spawners }: State, message: Message): boolean =>
  settings.isResident &&
  message.sender !== undefined &&
  message.notes === undefined &&
  message.recipients.local.length + message.recipients.remote.length <= MAX_RECIPIENTS &&
  channelsOf(message).every((channel) => spawners[channel].limit > 0)

/**
 * What becomes of a new message: `express`, delivered straight from todo/; a place to wait at, left where it is until the lane has room: its
 * one channel is busy, so sorting it would not get it delivered sooner; `sort`, preprocessed as ever. `isNext`: it has waited already.
 */
export const routeOf = (state: State, message: Message, isNext: boolean): 'express' | 'sort' | Place => {
  if (!fitsExpress(state, message) || (message.inLog === undefined && hasLeftovers(message.id))) return 'sort'
  if (isPaused(state, message)) return 'sort'
  const place = state.lane.placeFor(message, isNext)
  if (place === undefined) return 'express'
  return channelsOf(message).length === 1 && !isOvertaken(state, message) ? place : 'sort'
}

/** Does all of the message go to a host that has a pause? Its files will be needed. */
const isPaused = ({ destinations }: State, { recipients: { local, remote }, sender = '' }: Message): boolean => {
  const destination = local.length === 0 ? destinations.ofAll(remote, sender) : undefined
  return destination !== undefined && !destination.isOpen(Date.now())
}

/** Is the lane full of mail for other hosts, while there are slots? */
const isOvertaken = ({ lane, spawners: { remote } }: State, message: Message): boolean =>
  message.recipients.remote.length > 0 && remote.hasRoom && lane.isFirst(message, 'remote')

/** Has a message wait in todo/ for room in the lane. */
export const park = (state: State, id: number, place: Place): void => {
  state.spokenFor.add(id)
  state.lane.park(id, place)
}

/** Takes a message into the express lane: it waits for its channels, with nothing written. */
export const goExpress = (state: State, message: Message): void => {
  const open = new Set<Channel>(channelsOf(message))
  const held: Held = { ...message, stage: 'express', isStarted: false, isLeaving: false, isBeingWritten: false, isForgotten: false, open, afterwards: [] }
  state.spokenFor.add(message.id)
  state.lane.add(held)
  for (const channel of open) state.spawners[channel].arrivals.push({ id: message.id, birth: message.birth })
  if (open.size === 0) arrived(state, held)
}

/** Everything is delivered: the log says so; or the envelope goes, then the message (todo first: without it a crash repeats nothing). */
const arrived = (state: State, held: Held): void => {
  const { id, inLog, isLeaving, isForgotten } = held
  if (inLog !== undefined && isLeaving && !isForgotten) return // the answer decides whether there are files
  state.lane.remove(held)
  for (const work of held.afterwards.splice(0)) work()
  if (inLog !== undefined || isForgotten) {
    state.spokenFor.delete(id)
    if (isForgotten) return
    state.log.line(`end msg ${id}`)
    state.commits?.done(id)
    return
  }
  const remove = (): void =>
    removeEnvelope(state, id, (isDone) => {
      if (!isDone) return later(state, LANE_AGAIN_SECONDS, remove)
      state.log.line(`end msg ${id}`)
      removeMessage(state, id)
    })
  remove()
}

/** All recipients on one channel are delivered. */
export const channelArrived = (state: State, held: Held, channel: Channel): void => {
  held.open.delete(channel)
  if (held.open.size === 0 && !held.isBeingWritten) arrived(state, held)
}

/**
 * Takes a message out of the lane: its files are written with the marks it has earned (S4 with info, local, remote), then its envelope
 * goes (S5), as in ordinary preprocessing; `afterwards` happens only then. What fails is tried again.
 */
export const leaveExpress = (state: State, held: Held, afterwards?: () => void): void => {
  if (afterwards) held.afterwards.push(afterwards)
  if (held.isLeaving) return
  held.isLeaving = true
  if (held.inLog !== undefined) spill(state, held, () => write(state, held))
  else if (held.open.size > 0) write(state, held)
}

const writeAgain = (state: State, held: Held): void => later(state, LANE_AGAIN_SECONDS, () => write(state, held))

/** Has its files written. Deliveries go on meanwhile; what they come to is noted in the files as soon as these are the message's. */
const write = (state: State, held: Held): void => {
  held.isBeingWritten = true
  const isClear = clearLeftovers(state, held.id)
  if (isClear && held.open.size === 0) {
    held.isBeingWritten = false
    arrived(state, held)
    return
  }
  const info = isClear ? create(state, splitPath('info', held.id)) : undefined
  if (info === undefined) {
    writeAgain(state, held)
    return
  }
  const open = [...held.open]
  const left = open.flatMap((channel) => held.recipients[channel].filter(({ isDone }) => !isDone).map((recipient) => ({ channel, recipient })))
  state.pending++
  writeSorted(state, held, info, open, (isDurable) => {
    state.pending--
    if (!isDurable) {
      writeAgain(state, held)
      return
    }
    for (const { channel, recipient } of left) if (recipient.isDone) markDone(state.log, splitPath(channel, held.id), recipient.at)
    written(state, held, open)
  })
}

/** It has files of these channels. One whose deliveries have all ended meanwhile nobody else would look at. */
const written = (state: State, held: Held, channels: readonly Channel[]): void => {
  const ended = channels.filter((channel) => !held.open.has(channel))
  for (const channel of ended) held.afterwards.push(() => state.spawners[channel].waiting.insert(held.id, nowSeconds()))
  held.isBeingWritten = false
  held.stage = 'written'
  learnDestination(state, held)
  state.lane.leave(held)
  giveUpEnvelope(state, held)
}

/** Has a message of the commit log put into mess/ and todo/; `then` it is as if it had always been there. What fails is tried again. */
const spill = (state: State, held: Held, then: () => void): void =>
  state.commits?.spill(held.id, (answer) => {
    if (answer === 'moved') return forget(state, held)
    if (answer === 'unspilled' && held.open.size > 0) return later(state, LANE_AGAIN_SECONDS, () => spill(state, held, then))
    if (answer === 'unspilled') held.isLeaving = false
    else held.inLog = undefined
    if (held.open.size === 0) arrived(state, held)
    else then()
  })

/** A message is the log's keeper's again: as files under another number, or at its next start. Its running deliveries come to their end. */
export const forget = (state: State, held: Held): void => {
  held.isForgotten = true
  for (const channel of channelsOf(held)) for (const recipient of held.recipients[channel]) recipient.isDone = true
  for (const work of held.afterwards.splice(0)) work()
  if (held.open.size === 0) arrived(state, held)
}

const giveUpEnvelope = (state: State, held: Held): void =>
  removeEnvelope(state, held.id, (isDone) => {
    if (!isDone) return later(state, LANE_AGAIN_SECONDS, () => giveUpEnvelope(state, held))
    held.stage = 'sorted'
    state.lane.left(held)
    state.spokenFor.delete(held.id)
    for (const work of held.afterwards) work()
    state.done.insert(held.id, nowSeconds())
  })

const oldest = (state: State): Held | undefined => {
  for (const held of state.lane.messages()) if (!held.isLeaving) return held
  return undefined
}

/** When the oldest message has been in the lane for long enough; undefined when it is empty. */
export const expressDue = (state: State): number | undefined => {
  const held = oldest(state)
  return held && held.birth + EXPRESS_SECONDS
}

/** Takes the oldest message out of the lane if it has been there for too long. */
export const expressStep = (state: State): boolean => {
  const held = oldest(state)
  if (held === undefined || held.birth + EXPRESS_SECONDS > nowSeconds()) return false
  leaveExpress(state, held)
  return true
}

/** SIGTERM: what has been started gets its files; the rest stays in todo/ as it is. */
export const closeExpress = (state: State): void => {
  for (const held of [...state.lane.messages()]) if (held.isStarted) leaveExpress(state, held)
}
