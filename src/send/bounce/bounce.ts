import { unlinkGone } from '../../os/unlink.ts'
import type { Info } from '../../queue/info.ts'
import { masked } from '../log.ts'
import { AGAIN_SECONDS, nowSeconds, type State } from '../state.ts'
import { handOver } from './hand-over.ts'
import { type Bounce, bounceFor } from './text.ts'
import { writeBounce } from './write-bounce.ts'

const submit = (state: State, id: number, { birth, notes }: Info, bounce: Bounce): Promise<boolean> => {
  const { sender, recipient } = bounce
  return handOver(
    state,
    { sender, recipient, write: (to) => writeBounce(to, { id, birth, bounce, notes }, state.settings), about: () => notes },
    (qp) => `bounce msg ${id} qp ${qp}`
  )
}

/** Has it found its place among the bounces to this address? Else how many seconds it has to wait for it; undefined: it gets none. */
const waitFor = (state: State, id: number, { recipient }: Bounce): number | undefined => {
  const isNew = !state.bounceRate.has(id)
  const wait = state.bounceRate.wait(id, recipient, state.settings.notices.perMinute, nowSeconds())
  const words = wait === undefined ? `; discarding bounce/${id}` : wait > 0 && isNew ? `; bounce/${id} waits` : undefined
  if (words !== undefined) state.log.line(`warning: too many bounces to ${masked(recipient)}${words}`)
  return wait
}

/** What became of a message's bounce: the message is done with, or is to be looked at again. */
export type BounceOutcome = 'done' | { waitSeconds: number }

const again: BounceOutcome = { waitSeconds: AGAIN_SECONDS }

const remove = (state: State, id: number): BounceOutcome => {
  state.bounceRate.release(id)
  if (unlinkGone(`bounce/${id}`)) return 'done'
  state.log.line(`warning: unable to unlink bounce/${id}`)
  return again
}

/**
 * Sends the failures noted in bounce/ID (it is there) to the sender, or to the postmaster, or nowhere, and removes it (spec queue.md 5.10).
 * What fails, with a warning, and what comes too fast for its recipient is to be tried again.
 */
export const sendBounce = async (state: State, id: number, info: Info): Promise<BounceOutcome> => {
  const bounce = bounceFor(info.sender, state.settings)
  if (bounce.kind === 'triple' || bounce.kind === 'unwanted') {
    state.log.line(`${bounce.kind === 'triple' ? 'triple' : 'double'} bounce: discarding bounce/${id}`)
    return remove(state, id)
  }
  const wait = waitFor(state, id, bounce)
  if (wait === undefined) return remove(state, id)
  if (wait > 0) return { waitSeconds: Math.ceil(wait) }
  return (await submit(state, id, info, bounce)) ? remove(state, id) : again
}
