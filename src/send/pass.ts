import { splitPath } from '../queue/paths.ts'
import { isDying, retryAt } from './backoff.ts'
import { closeJob, readInfo } from './job.ts'
import { masked } from './log.ts'
import type { Job } from './message.ts'
import { FileRecords, HeldRecords, type UndoneRecipient, UnknownRecord } from './records.ts'
import type { Pass, Spawner } from './spawner.ts'
import { AGAIN_SECONDS, logStatus, nowSeconds, type State } from './state.ts'

const newJob = (state: State, spawner: Spawner, id: number, from: Pick<Job, 'sender' | 'held'> & { birth: number }): Job => {
  const now = nowSeconds()
  return {
    id,
    channel: spawner.channel,
    sender: from.sender,
    held: from.held,
    retry: retryAt(from.birth, now, spawner.channel),
    isDying: isDying(from.birth, now, state.settings.lifetimeSeconds),
    undone: 0,
    running: 0,
    isOver: false,
    isComplete: false
  }
}

/** A pass over a message's file on this channel; undefined, with a warning, when it cannot be: then the message is due again soon. */
const filePass = (state: State, spawner: Spawner, id: number): Pass | undefined => {
  let path = splitPath('info', id)
  try {
    const { sender, birth } = readInfo(id)
    path = splitPath(spawner.channel, id)
    const records = new FileRecords(path)
    return { job: newJob(state, spawner, id, { sender, birth, held: state.lane.leaving(id) }), records, next: undefined }
  } catch {
    state.log.line(`warning: trouble opening ${path}; will try again later`)
    spawner.waiting.insert(id, nowSeconds() + AGAIN_SECONDS)
    return undefined
  }
}

const openPass = (state: State, spawner: Spawner): boolean => {
  const { local, remote } = state.spawners
  if (!spawner.hasRoom || state.jobs >= local.limit + remote.limit) return false
  const id = spawner.waiting.takeDue(nowSeconds())
  if (id === undefined) return false
  const held = state.lane.get(id)
  if (held !== undefined) {
    const job = newJob(state, spawner, id, { sender: held.sender ?? '', birth: held.birth, held })
    spawner.pass = { job, records: new HeldRecords(held.recipients[spawner.channel]), next: undefined }
  } else spawner.pass = filePass(state, spawner, id)
  if (spawner.pass !== undefined) state.jobs++
  return true
}

const closePass = (state: State, spawner: Spawner, { job, records }: Pass, isComplete: boolean): void => {
  records.close()
  spawner.pass = undefined
  job.isOver = true
  job.isComplete = isComplete
  closeJob(state, job)
}

const start = (state: State, spawner: Spawner, job: Job, { at, address }: UndoneRecipient): void => {
  const number = ++state.deliveries
  job.running++
  if (job.held) job.held.isStarted = true
  spawner.start({ number, job, at, recipient: address })
  state.log.line(`starting delivery ${number}: msg ${job.id} to ${spawner.channel} ${masked(address)}`)
  logStatus(state)
}

/** One recipient on. */
const advance = (state: State, spawner: Spawner, pass: Pass): boolean => {
  const { job } = pass
  if (pass.next === undefined) {
    try {
      pass.next = pass.records.next()
    } catch (error) {
      const path = splitPath(spawner.channel, job.id)
      const isOdd = error instanceof UnknownRecord
      state.log.line(isOdd ? `warning: unknown record type in ${path}!` : `warning: trouble reading ${path}; will try again later`)
      closePass(state, spawner, pass, false)
      return true
    }
    if (pass.next === undefined) {
      closePass(state, spawner, pass, true)
      return true
    }
    job.undone++
  }
  if (!spawner.hasRoom) return false
  const recipient = pass.next
  pass.next = undefined
  start(state, spawner, job, recipient)
  return true
}

/** Goes on with this channel's pass by one recipient, or begins the next pass that is due. False when there is nothing to do now. */
export const passStep = (state: State, spawner: Spawner): boolean =>
  !state.isExiting && (spawner.pass === undefined ? openPass(state, spawner) : advance(state, spawner, spawner.pass))

/** When this channel wants to begin a pass; undefined while it is at one or has nothing to do. */
export const passDue = ({ pass, waiting }: Spawner): number | undefined => (pass === undefined ? waiting.firstDue : undefined)
