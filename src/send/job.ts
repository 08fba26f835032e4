import { unlinkThere } from '../os/unlink.ts'
import { type Channel, splitPath } from '../queue/paths.ts'
import { considerDelay } from './bounce/delay.ts'
import { considerSuccess } from './bounce/success.ts'
import { settle } from './ctl/settle.ts'
import { exists } from './files.ts'
import type { Job } from './message.ts'
import type { Spawner } from './spawner.ts'
import { AGAIN_SECONDS, nowSeconds, type State } from './state.ts'
import { channelArrived } from './todo/express.ts'

const other = (channel: Channel): Channel => (channel === 'local' ? 'remote' : 'local')

/** Nobody is left on this channel: its file goes, and when it was the last one, the message is done. */
const closeChannel = (state: State, { id, channel }: Job): void => {
  const path = splitPath(channel, id)
  if (!unlinkThere(path)) {
    state.log.line(`warning: unable to unlink ${path}; will try again later`)
    state.spawners[channel].waiting.insert(id, nowSeconds() + AGAIN_SECONDS)
    return
  }
  state.spawners[channel].waiting.forget(id)
  const rest = splitPath(other(channel), id)
  try {
    if (exists(rest)) return
  } catch {
    state.log.line(`warning: unable to stat ${rest}`)
  }
  state.done.insert(id, nowSeconds())
}

/** A job over files gives its place to the next one when its pass is over and only the durability of what was delivered is waited for. */
export const givePlace = ({ open }: Spawner, job: Job): void => {
  if (!job.hasPlace || !job.isOver || job.written < job.running) return
  job.hasPlace = false
  open.all--
  if (job.isLarge) open.large--
}

/** Ends a job whose pass is over and whose deliveries have all reported; else does nothing (spec queue.md 5.6). */
export const closeJob = (state: State, job: Job): void => {
  const spawner = state.spawners[job.channel]
  givePlace(spawner, job)
  if (!job.isOver || job.running > 0) return
  const { waiting, turns } = spawner
  if (job.reached !== undefined) considerSuccess(state, job)
  const isAllDone = job.isComplete && job.undone === 0
  if (job.resumesAt !== undefined && job.undone === job.untried) job.retry = job.resumesAt
  if (job.alarms !== state.alarms) job.retry = nowSeconds()
  const decided = state.ctl.closed(job)
  if (job.held?.stage === 'express') channelArrived(state, job.held, job.channel)
  else if (decided === 'settle') settle(state, job.id)
  else if (decided !== 'kept' && isAllDone) closeChannel(state, job)
  else {
    if (decided !== 'kept') {
      considerDelay(state, job)
      waiting.insert(job.id, job.retry)
    }
    turns.putOff(job.id, job.waitsFor)
  }
}
