import { splitPath } from '../../queue/paths.ts'
import { mostTogether, takeTogether } from '../destination/together.ts'
import { forNothing, mayVisit, type Wait, type Way, wayOf } from '../destination/way.ts'
import { closeJob } from '../job.ts'
import { masked } from '../log.ts'
import type { Company, Delivery, Job } from '../message.ts'
import { type UndoneRecipient, UnknownRecord } from '../records.ts'
import type { Spawner } from '../spawner.ts'
import { logStatus, nowSeconds, type State } from '../state.ts'
import { leaveExpress } from '../todo/express.ts'
import type { Pass } from '../turns.ts'
import { allowsOf, hasPlace, mayBeLarge, openPass } from './open.ts'

/** So many recipients of a pass are read ahead, because those before them have no slot left, or to find who travels together; then the pass waits. */
const MAX_AHEAD = 100
/** So many passes over files may wait for their shares, besides those that get on. One more, and the one that has waited longest is put off. */
const MAX_BLOCKED = 500
/** So many shares a pass waits for at a time. */
const MAX_CLAIMS = 10

const closePass = (state: State, { job, records, ahead }: Pass, isComplete: boolean): void => {
  records.close()
  job.untried = ahead.length
  job.isOver = true
  job.isComplete = isComplete
  closeJob(state, job)
}

const UNTOLD = { destination: undefined, exchangers: undefined, isFromLog: false, isWritten: false, next: undefined }

/** Hands recipients over as one delivery; in the log each has its own. */
const start = (state: State, spawner: Spawner, job: Job, recipients: readonly UndoneRecipient[], { claims, destination }: Way): void => {
  job.running += recipients.length
  job.isTried = true
  if (job.held) job.held.isStarted = true
  const startedAt = Date.now()
  const company: Company | undefined = recipients.length > 1 ? { destination, reached: 0 } : undefined
  const deliveries: Delivery[] = recipients.map(({ at, address }) => {
    state.ctl.started(job, address)
    const number = ++state.deliveries
    return { number, job, at, recipient: address, claims, startedAt, company, ...UNTOLD }
  })
  for (const [n, delivery] of deliveries.entries()) delivery.next = deliveries[n + 1]
  const [first, last] = [deliveries[0], deliveries.at(-1)]
  if (first === undefined || last === undefined) return
  last.destination = destination
  destination?.begin(last)
  spawner.start(first)
  for (const { number, recipient } of deliveries) {
    state.log.line(`starting delivery ${number}: msg ${job.id} to ${spawner.channel} ${masked(recipient)}`)
    logStatus(state)
  }
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

/**
 * Finds where the recipients of a message's file go, at the beginning of a pass: one whose recipients all have one destination waits in that destination's queue
 * from now on. Not large ones, whose recipients are read as they go. False: the pass has ended in trouble.
 */
const survey = (state: State, spawner: Spawner, pass: Pass): boolean => {
  const { job, ahead } = pass
  if (job.channel === 'local' || !job.isFile || job.isLarge || job.isTried) return true
  while (!pass.isAtEnd && ahead.length < MAX_AHEAD) if (!readAhead(state, spawner, pass)) return false
  const destination = pass.isAtEnd ? state.destinations.ofAll(ahead, job.sender) : undefined
  spawner.waiting.learn(job.id, destination, job.birth)
  return true
}

/** One recipient of this pass on, with those that may travel with it: the first that its shares and its host allow. */
const advance = (state: State, spawner: Spawner, pass: Pass): void => {
  const { job, ahead } = pass
  if (state.ctl.interrupts(job)) {
    job.resumesAt = nowSeconds()
    closePass(state, pass, false)
    return
  }
  const now = Date.now()
  if (!survey(state, spawner, pass)) return
  const wait = forNothing()
  for (let n = 0; ; n++) {
    if (n === ahead.length && !pass.isAtEnd && n < MAX_AHEAD && !readAhead(state, spawner, pass)) return
    const recipient = ahead[n]
    if (recipient === undefined) break
    const way = wayOf(state, job, recipient.address, now)
    const missing = spawner.blocked(way.claims)
    if (missing === undefined && (way.destination === undefined || mayVisit(way.destination, job, now, wait))) {
      const most = mostTogether(spawner.together, job.sender, way.destination)
      while (most > 1 && !pass.isAtEnd && ahead.length < MAX_AHEAD) if (!readAhead(state, spawner, pass)) return
      start(state, spawner, job, most > 1 ? takeTogether(ahead, n, most) : ahead.splice(n, 1), way)
      settle(state, spawner, pass)
      return
    }
    if (missing !== undefined && wait.claims.size < MAX_CLAIMS) wait.claims.set(missing.key, missing)
    if (missing !== undefined && missing === way.claims[0]) break // the message itself
  }
  rest(state, spawner, pass, wait)
}

/** The pass can do nothing now. One over files for one destination goes back into its queue; so does one of the express lane, as files, unless slots are all it wants. */
const rest = (state: State, spawner: Spawner, pass: Pass, { claims, paceAt, pauseEnds }: Wait): void => {
  const { isTried, isFile, id } = pass.job
  const isBlocked = claims.size > 0
  const isDone = !isBlocked && !Number.isFinite(paceAt) && !Number.isFinite(pauseEnds)
  const isQueued = !isTried && (isFile ? spawner.waiting.byDestination.knows(id) : !isBlocked)
  if (isDone) closePass(state, pass, true)
  else if (isQueued) putBack(state, pass, nowSeconds())
  else if (isBlocked || Number.isFinite(paceAt)) spawner.turns.rest(pass, [...claims.values()], Math.min(paceAt, pauseEnds))
  else putBack(state, pass, Math.ceil(pauseEnds / 1000))
}

/** The pass ends before its time; the message is due again then, unless some wait for their retry. One of the express lane gets its files first. */
const putBack = (state: State, pass: Pass, due: number): void => {
  const { job } = pass
  job.resumesAt = due
  const close = (): void => closePass(state, pass, false)
  if (job.held !== undefined && job.held.stage !== 'sorted') leaveExpress(state, job.held, close)
  else close()
}

/** After a recipient: the pass has its next turn, or is over. */
const settle = (state: State, spawner: Spawner, pass: Pass): void => {
  if (pass.ahead.length === 0 && !pass.isAtEnd && !readAhead(state, spawner, pass)) return
  if (pass.ahead.length === 0 && pass.isAtEnd) closePass(state, pass, true)
  else spawner.turns.again(pass)
}

/** Passes that wait hold no place, so there is an end to their number. A message that is put off so is due by the time its pass has waited for, or when there is a slot for it. */
const putOffResting = (state: State, { turns }: Spawner): void => {
  const found = turns.blocked.all > MAX_BLOCKED ? turns.takeRestingFile() : undefined
  if (found === undefined) return
  const { pass, claims, until } = found
  pass.job.waitsFor = claims
  if (Number.isFinite(until)) pass.job.retry = Math.min(pass.job.retry, Math.ceil(until / 1000))
  closePass(state, pass, false)
}

/** Goes on with one of this channel's passes by one recipient, or begins the next pass that is due. False when there is nothing to do now. */
export const passStep = (state: State, spawner: Spawner): boolean => {
  if (state.isExiting || !spawner.hasRoom) return false
  const isOpened = openPass(state, spawner)
  const pass = spawner.turns.next(allowsOf(spawner), Date.now())
  if (pass !== undefined) advance(state, spawner, pass)
  putOffResting(state, spawner)
  return isOpened || pass !== undefined
}

/** When this channel wants to begin a pass, or go on with one; undefined while it cannot or has nothing to do. */
export const passDue = (state: State, spawner: Spawner): number | undefined => {
  const due = hasPlace(state, spawner) ? spawner.waiting.firstDue(mayBeLarge(state, spawner)) : undefined
  const { wakesAt } = spawner.turns
  return wakesAt === undefined ? due : Math.min(due ?? Number.POSITIVE_INFINITY, wakesAt / 1000)
}
