import type { Bytes } from '../../core/bytes.ts'
import { unlinkGone } from '../files.ts'
import type { State } from '../state.ts'
import { handOver } from './hand-over.ts'
import { type Bounce, bounceFor } from './text.ts'
import { writeBounce } from './write-bounce.ts'

/** What info/ says of the message. */
interface Info {
  sender: Bytes
  /** Unix seconds. */
  birth: number
}

const submit = (state: State, id: number, birth: number, bounce: Bounce): Promise<boolean> => {
  const { sender, recipient } = bounce
  return handOver(state, { sender, recipient, write: (to) => writeBounce(to, { id, birth, bounce }, state.settings) }, (qp) => `bounce msg ${id} qp ${qp}`)
}

/**
 * Sends the failures noted in bounce/ID (it is there) to the sender, or to the postmaster, or nowhere, and removes it (spec queue.md 5.10).
 * False, with a warning: not done, to be tried again.
 */
export const sendBounce = async (state: State, id: number, { sender, birth }: Info): Promise<boolean> => {
  const bounce = bounceFor(sender, state.settings)
  if (bounce.kind === 'triple') state.log.line(`triple bounce: discarding bounce/${id}`)
  else if (bounce.kind === 'unwanted') state.log.line(`double bounce: discarding bounce/${id}`)
  else if (!(await submit(state, id, birth, bounce))) return false
  const isGone = unlinkGone(`bounce/${id}`)
  if (!isGone) state.log.line(`warning: unable to unlink bounce/${id}`)
  return isGone
}
