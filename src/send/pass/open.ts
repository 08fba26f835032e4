import type { Bytes } from '../../core/bytes.ts'
import { readInfo } from '../../queue/info.ts'
import { type NotesText, notesOn, requiresTls, warningsIn } from '../../queue/notes.ts'
import { splitPath } from '../../queue/paths.ts'
import { isDying, retryAt } from '../backoff.ts'
import type { Held, Job } from '../message.ts'
import { FileRecords, HeldRecords } from '../records.ts'
import type { Claim } from '../shares.ts'
import type { Spawner } from '../spawner.ts'
import { AGAIN_SECONDS, nowSeconds, type State } from '../state.ts'
import type { Pass } from '../turns.ts'

const newJob = (
  state: State,
  spawner: Spawner,
  id: number,
  from: Pick<Job, 'sender' | 'birth' | 'warnings' | 'notes' | 'asked' | 'isUntold' | 'held' | 'isFile' | 'isLarge'>
): Job => {
  const now = nowSeconds()
  const { birth } = from
  return {
    id,
    channel: spawner.channel,
    ...from,
    retry: retryAt(birth, now, spawner.channel, state.settings.tunable.schedule),
    resumesAt: undefined,
    waitsFor: [],
    alarms: state.alarms,
    isDying: isDying(birth, now, state.settings.lifetimeSeconds),
    deferrals: undefined,
    isTried: false,
    reached: undefined,
    undone: 0,
    untried: 0,
    running: 0,
    written: 0,
    hasPlace: false,
    unmarked: undefined,
    isOver: false,
    isComplete: false
  }
}

const begin = (state: State, spawner: Spawner, job: Job, records: Pass['records']): void => {
  state.ctl.opened(job)
  spawner.places.take(job)
  spawner.turns.add({ job, records, ahead: [], isAtEnd: false })
}

const openHeld = (state: State, spawner: Spawner, held: Held): void => {
  const { sender = '', birth } = held
  begin(
    state,
    spawner,
    newJob(state, spawner, held.id, { sender, birth, warnings: 0, notes: undefined, asked: undefined, isUntold: false, held, isFile: false, isLarge: false }),
    new HeldRecords(held.recipients[spawner.channel])
  )
}

/** What the next host is told of a message, and what goes with one that is forwarded. */
const PASSED_ON = { remote: /^(?:utf8|tls|notls)$|^(?:ret|envid)=/, local: /^(?:utf8|tls|notls)$|^(?:ret|envid|body)=/ } as const

/** What is passed on with a message: only the suite's own spawners can, and qmail-start says whether they are. */
const askedOf = ({ settings: { takesLog, spawnWidth } }: State, { channel }: Spawner, notes: NotesText): Bytes[] | undefined =>
  takesLog || spawnWidth[channel] === 2 ? notes.split(' ').filter((item) => PASSED_ON[channel].test(item)) : undefined

/** A pass over a message's file on this channel. When it cannot be, a warning, and the message is due again soon. */
const openFile = (state: State, spawner: Spawner, id: number): void => {
  spawner.turns.forget(id)
  if (state.ctl.keeps(id, spawner.channel, nowSeconds())) return
  let path = splitPath('info', id)
  try {
    const { sender, birth, notes: text } = readInfo(id)
    path = splitPath(spawner.channel, id)
    const records = new FileRecords(path)
    const isLarge = spawner.waiting.isLarge(id)
    const [warnings, notes, asked] = text === '' ? [0, undefined, undefined] : [warningsIn(text), notesOn(text, spawner.channel), askedOf(state, spawner, text)]
    const isUntold = text !== '' && asked === undefined && spawner.channel === 'remote' && requiresTls(text)
    const held = state.lane.leaving(id)
    begin(state, spawner, newJob(state, spawner, id, { sender, birth, warnings, notes, asked, isUntold, held, isFile: true, isLarge }), records)
  } catch {
    state.log.line(`warning: trouble opening ${path}; will try again later`)
    spawner.waiting.insert(id, nowSeconds() + AGAIN_SECONDS)
  }
}

/** May one more count for this claim now? */
export const allowsOf =
  (spawner: Spawner) =>
  (claim: Claim): boolean =>
    spawner.blocked([claim]) === undefined

/** How many passes over files get on at a time, on this channel; those that wait for shares come on top. */
const mostPlaces = ({ spawners: { local, remote } }: State): number => local.limit + remote.limit
/** Large messages have half of the places. */
export const mayBeLarge = (state: State, { places, turns }: Spawner): boolean => places.takenByLarge - turns.blocked.large < Math.max(1, mostPlaces(state) / 2)
export const hasPlace = (state: State, { places, turns }: Spawner): boolean => !state.departures.isFull && places.taken - turns.blocked.all < mostPlaces(state)

/** Begins the pass of the first message in the express lane. */
const openArrival = (state: State, spawner: Spawner): boolean => {
  const { arrivals, waiting } = spawner
  const arrival = arrivals.shift()
  if (arrival === undefined) return false
  const held = state.lane.get(arrival.id)
  if (held !== undefined) openHeld(state, spawner, held)
  else waiting.insert(arrival.id, arrival.birth) // it has left the lane meanwhile, and has files
  return true
}

/** A message that was put off, and waits for what has come now. */
const takePutOff = ({ ctl: { holds } }: State, spawner: Spawner, mayBeLarge: boolean): number | undefined => {
  const { channel, turns, waiting } = spawner
  const now = nowSeconds()
  for (let id = turns.takePutOff(allowsOf(spawner)); id !== undefined; id = turns.takePutOff(allowsOf(spawner))) {
    if (holds.parked(id).has(channel)) holds.park(id, channel, now)
    if (waiting.dueOf(id) === undefined) continue
    waiting.insert(id, now)
    if (!mayBeLarge && waiting.isLarge(id)) continue
    waiting.remove(id)
    return id
  }
  return undefined
}

/** Begins a pass that is due over a message's files. */
const openDue = (state: State, spawner: Spawner): boolean => {
  if (!hasPlace(state, spawner)) return false
  const isLargeToo = mayBeLarge(state, spawner)
  const id = takePutOff(state, spawner, isLargeToo) ?? spawner.waiting.takeDue(nowSeconds(), isLargeToo, spawner)
  if (id !== undefined) openFile(state, spawner, id)
  return id !== undefined
}

/** Begins a pass: in turn one of the express lane, and one over files. False when there is none. */
export const openPass = (state: State, spawner: Spawner): boolean => {
  spawner.isLanesTurn = !spawner.isLanesTurn
  const [one, other] = spawner.isLanesTurn ? [openArrival, openDue] : [openDue, openArrival]
  return one(state, spawner) || other(state, spawner)
}
