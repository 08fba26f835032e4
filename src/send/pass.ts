import { readInfo } from '../queue/info.ts'
import { warningsIn } from '../queue/notes.ts'
import { splitPath } from '../queue/paths.ts'
import { isDying, retryAt } from './backoff.ts'
import { closeJob } from './job.ts'
import { masked } from './log.ts'
import type { Held, Job } from './message.ts'
import { FileRecords, HeldRecords, type UndoneRecipient, UnknownRecord } from './records.ts'
import { type Claim, claimsOf } from './shares.ts'
import type { Spawner } from './spawner.ts'
import { AGAIN_SECONDS, logStatus, nowSeconds, type State } from './state.ts'
import type { Pass } from './turns.ts'

/** So many recipients of a pass are passed over at a time because their users have no slot left; then the pass waits. */
const MAX_AHEAD = 64
/** So many passes over files may wait for their shares, besides those that get on. One more, and the one that has waited longest is put off. */
const MAX_BLOCKED = 500

const newJob = (state: State, spawner: Spawner, id: number, from: Pick<Job, 'sender' | 'birth' | 'warnings' | 'held' | 'isFile' | 'isLarge'>): Job => {
  const now = nowSeconds()
  const { birth } = from
  return {
    id,
    channel: spawner.channel,
    ...from,
    retry: retryAt(birth, now, spawner.channel),
    alarms: state.alarms,
    isDying: isDying(birth, now, state.settings.lifetimeSeconds),
    deferrals: undefined,
    undone: 0,
    running: 0,
    isOver: false,
    isComplete: false
  }
}

const begin = (state: State, spawner: Spawner, job: Job, records: Pass['records']): void => {
  state.ctl.opened(job)
  if (job.isFile) spawner.open.all++
  if (job.isLarge) spawner.open.large++
  spawner.turns.add({ job, records, ahead: [], isAtEnd: false })
}

const openHeld = (state: State, spawner: Spawner, held: Held): void => {
  const { sender = '', birth } = held
  begin(
    state,
    spawner,
    newJob(state, spawner, held.id, { sender, birth, warnings: 0, held, isFile: false, isLarge: false }),
    new HeldRecords(held.recipients[spawner.channel])
  )
}

/** A pass over a message's file on this channel. When it cannot be, a warning, and the message is due again soon. */
const openFile = (state: State, spawner: Spawner, id: number): void => {
  if (state.ctl.keeps(id, spawner.channel, nowSeconds())) return
  let path = splitPath('info', id)
  try {
    const { sender, birth, notes } = readInfo(id)
    path = splitPath(spawner.channel, id)
    const records = new FileRecords(path)
    const isLarge = spawner.waiting.isLarge(id)
    begin(
      state,
      spawner,
      newJob(state, spawner, id, { sender, birth, warnings: warningsIn(notes), held: state.lane.leaving(id), isFile: true, isLarge }),
      records
    )
  } catch {
    state.log.line(`warning: trouble opening ${path}; will try again later`)
    spawner.waiting.insert(id, nowSeconds() + AGAIN_SECONDS)
  }
}

/** How many passes over files get on at a time, on this channel. */
const places = ({ spawners: { local, remote } }: State): number => local.limit + remote.limit
/** Large messages have half of the places. */
const mayBeLarge = (state: State, { open, turns }: Spawner): boolean => open.large - turns.blocked.large < Math.max(1, places(state) / 2)
const hasPlace = (state: State, { open, turns }: Spawner): boolean => open.all - turns.blocked.all < places(state)

/** Begins the pass that is due, the older of the first in the express lane and the first with files. False when there is none. */
const openPass = (state: State, spawner: Spawner): boolean => {
  const { arrivals, waiting } = spawner
  const large = mayBeLarge(state, spawner)
  const [arrival, due] = [arrivals[0], hasPlace(state, spawner) ? waiting.firstDue(large) : undefined]
  if (arrival !== undefined && (due === undefined || due >= arrival.birth)) {
    arrivals.shift()
    const held = state.lane.get(arrival.id)
    if (held !== undefined) openHeld(state, spawner, held)
    else waiting.insert(arrival.id, arrival.birth) // it has left the lane meanwhile, and has files
    return true
  }
  const id = due === undefined ? undefined : waiting.takeDue(nowSeconds(), large)
  if (id === undefined) return false
  openFile(state, spawner, id)
  return true
}

const closePass = (state: State, { job, records }: Pass, isComplete: boolean): void => {
  records.close()
  job.isOver = true
  job.isComplete = isComplete
  closeJob(state, job)
}

const start = (state: State, spawner: Spawner, job: Job, { at, address }: UndoneRecipient, claims: readonly Claim[]): void => {
  const number = ++state.deliveries
  job.running++
  if (job.held) job.held.isStarted = true
  state.ctl.started(job, address)
  spawner.start({ number, job, at, recipient: address, claims, isFromLog: false, isWritten: false })
  state.log.line(`starting delivery ${number}: msg ${job.id} to ${spawner.channel} ${masked(address)}`)
  logStatus(state)
}

/** Reads one recipient on, if there is one and room to remember it. False: the pass has ended in trouble. */
const readAhead = (state: State, spawner: Spawner, pass: Pass): boolean => {
  try {
    const next = pass.records.next()
    if (next === undefined) pass.isAtEnd = true
    else {
      pass.ahead.push(next)
      pass.job.undone++
    }
    return true
  } catch (error) {
    const path = splitPath(spawner.channel, pass.job.id)
    const isOdd = error instanceof UnknownRecord
    state.log.line(isOdd ? `warning: unknown record type in ${path}!` : `warning: trouble reading ${path}; will try again later`)
    closePass(state, pass, false)
    return false
  }
}

/** One recipient of this pass on: the first that its shares allow. */
const advance = (state: State, spawner: Spawner, pass: Pass): void => {
  const { job, ahead } = pass
  if (state.ctl.interrupts(job)) {
    closePass(state, pass, false)
    return
  }
  let claim: Claim | undefined
  for (let n = 0; ; n++) {
    if (n === ahead.length && !pass.isAtEnd && n < MAX_AHEAD && !readAhead(state, spawner, pass)) return
    const recipient = ahead[n]
    if (recipient === undefined) break
    const claims = claimsOf(spawner.channel, job.id, recipient.address)
    const missing = spawner.blocked(claims)
    if (missing === undefined) {
      ahead.splice(n, 1)
      start(state, spawner, job, recipient, claims)
      settle(state, spawner, pass)
      return
    }
    claim ??= missing
    if (missing === claims[0]) break // the message itself
  }
  if (claim === undefined) closePass(state, pass, true)
  else spawner.turns.block(pass, claim)
}

/** After a recipient: the pass has its next turn, or is over. */
const settle = (state: State, spawner: Spawner, pass: Pass): void => {
  if (pass.ahead.length === 0 && !pass.isAtEnd && !readAhead(state, spawner, pass)) return
  if (pass.ahead.length === 0 && pass.isAtEnd) closePass(state, pass, true)
  else spawner.turns.again(pass)
}

/** Passes that wait for their shares hold no place, so there is an end to their number. */
const putOffBlocked = (state: State, { turns }: Spawner): void => {
  const pass = turns.blocked.all > MAX_BLOCKED ? turns.takeBlockedFile() : undefined
  if (pass !== undefined) closePass(state, pass, false)
}

/** Goes on with one of this channel's passes by one recipient, or begins the next pass that is due. False when there is nothing to do now. */
export const passStep = (state: State, spawner: Spawner): boolean => {
  if (state.isExiting || !spawner.hasRoom) return false
  const isOpened = openPass(state, spawner)
  const pass = spawner.turns.next((claim) => spawner.blocked([claim]) === undefined)
  if (pass !== undefined) advance(state, spawner, pass)
  putOffBlocked(state, spawner)
  return isOpened || pass !== undefined
}

/** When this channel wants to begin a pass; undefined while it cannot or has nothing to do. */
export const passDue = (state: State, spawner: Spawner): number | undefined =>
  hasPlace(state, spawner) ? spawner.waiting.firstDue(mayBeLarge(state, spawner)) : undefined
