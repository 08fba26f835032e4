import type { Bytes } from '../core/bytes.ts'
import { readInfo } from '../queue/info.ts'
import { type NotesText, notesOn, requiresTls, warningsIn } from '../queue/notes.ts'
import { splitPath } from '../queue/paths.ts'
import { isDying, retryAt } from './backoff.ts'
import { mostTogether, takeTogether } from './destination/together.ts'
import { forNothing, mayVisit, type Wait, type Way, wayOf } from './destination/way.ts'
import { closeJob } from './job.ts'
import { masked } from './log.ts'
import type { Company, Delivery, Held, Job } from './message.ts'
import { FileRecords, HeldRecords, type UndoneRecipient, UnknownRecord } from './records.ts'
import type { Claim } from './shares.ts'
import type { Spawner } from './spawner.ts'
import { AGAIN_SECONDS, logStatus, nowSeconds, type State } from './state.ts'
import { leaveExpress } from './todo/express.ts'
import type { Pass } from './turns.ts'

/** So many recipients of a pass are read ahead, because those before them have no slot left, or to find who travels together; then the pass waits. */
const MAX_AHEAD = 100
/** So many passes over files may wait for their shares, besides those that get on. One more, and the one that has waited longest is put off. */
const MAX_BLOCKED = 500
/** So many shares a pass waits for at a time. */
const MAX_CLAIMS = 10

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
    hasPlace: from.isFile,
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
const allowsOf =
  (spawner: Spawner) =>
  (claim: Claim): boolean =>
    spawner.blocked([claim]) === undefined

/** How many passes over files get on at a time, on this channel. */
const places = ({ spawners: { local, remote } }: State): number => local.limit + remote.limit
/** Large messages have half of the places. */
const mayBeLarge = (state: State, { open, turns }: Spawner): boolean => open.large - turns.blocked.large < Math.max(1, places(state) / 2)
const hasPlace = (state: State, { open, turns }: Spawner): boolean => open.all - turns.blocked.all < places(state)

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
const openPass = (state: State, spawner: Spawner): boolean => {
  spawner.isLanesTurn = !spawner.isLanesTurn
  const [one, other] = spawner.isLanesTurn ? [openArrival, openDue] : [openDue, openArrival]
  return one(state, spawner) || other(state, spawner)
}

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
