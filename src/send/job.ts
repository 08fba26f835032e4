import { type Channel, splitPath } from '../queue/paths.ts'
import { considerDelay } from './bounce/delay.ts'
import { considerSuccess } from './bounce/success.ts'
import { settle } from './ctl/settle.ts'
import { exists, markDone } from './files.ts'
import type { Job } from './message.ts'
import { AGAIN_SECONDS, nowSeconds, type State } from './state.ts'
import { channelArrived } from './todo/express.ts'

const other = (channel: Channel): Channel => (channel === 'local' ? 'remote' : 'local')

/**
 * Is the delivery now reported of the message's last recipient? The pass is over, nobody else of this channel is left, and there is no file of the other channel:
 * whoever reads both, for a delay warning or qmail-qctl, must find done who is done while this file is on its way out.
 */
export const isLastOf = ({ id, channel, isOver, isComplete, running, undone }: Job): boolean => {
  if (!isOver || !isComplete || running > 1 || undone > 1) return false
  try {
    return !exists(splitPath(other(channel), id))
  } catch {
    return false // in doubt it is marked
  }
}

/** Marks the last recipient after all: its file stays. If that fails, with a warning, it will be tried again. */
const markLast = ({ log }: State, { id, channel, unmarked }: Job): void => {
  if (unmarked !== undefined) markDone(log, splitPath(channel, id), unmarked)
}

/** Nobody is left on this channel: its file goes, and when it was the last one, the message is done. */
const closeChannel = (state: State, job: Job): void => {
  const { id, channel } = job
  const path = splitPath(channel, id)
  state.departures.unlink(id, path, (isGone) => {
    if (isGone) {
      state.spawners[channel].waiting.forget(id)
      state.done.insert(id, nowSeconds())
      return
    }
    state.log.line(`warning: unable to unlink ${path}; will try again later`)
    markLast(state, job)
    state.spawners[channel].waiting.insert(id, nowSeconds() + AGAIN_SECONDS)
  })
}

/** Ends a job whose pass is over and whose deliveries have all reported; else does nothing (spec queue.md 5.6). */
export const closeJob = (state: State, job: Job): void => {
  const spawner = state.spawners[job.channel]
  spawner.places.giveIfOver(job)
  if (!job.isOver || job.running > 0) return
  const { waiting, turns } = spawner
  if (job.reached !== undefined) considerSuccess(state, job)
  const isAllDone = job.isComplete && job.undone === 0
  if (job.resumesAt !== undefined && job.undone === job.untried) job.retry = job.resumesAt
  if (job.alarms !== state.alarms) job.retry = nowSeconds()
  const decided = state.ctl.closed(job)
  const { held } = job
  if (held?.stage === 'express') channelArrived(state, held, job.channel)
  else if (decided === undefined && isAllDone) closeChannel(state, job)
  else {
    markLast(state, job)
    if (decided === 'settle') {
      settle(state, job.id)
      return
    }
    if (decided === undefined) {
      considerDelay(state, job)
      waiting.insert(job.id, job.retry)
    }
    turns.putOff(job.id, job.waitsFor)
  }
}
