import type { Bytes } from '../../core/bytes.ts'
import type { Dialogue } from '../dialogue.ts'

/** Why somebody may not begin a message: the reply, the code before it with ENHANCEDSTATUSCODES, and the word for it in the log. */
export interface Objection {
  reply: Bytes
  status?: Bytes
  reason: Bytes
}

/** Does this session have to log in before it may send (spec modern.md 2.4)? One that may relay by the rules counts as known. */
export const objectionOf = ({ state, options }: Dialogue): Objection | undefined => {
  if (options.auth?.isSubmission !== true || state.user !== undefined || options.relayclient() !== undefined) return undefined
  return { reply: '530 Authorization required (#5.7.1)', status: '5.7.0', reason: 'authrequired' }
}
