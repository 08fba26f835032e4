import type { Bytes } from '../../core/bytes.ts'
import type { Dialogue } from '../dialogue.ts'
import { fromAddresses } from './from-field.ts'
import type { SeenHeader } from './submitted.ts'

/** Why somebody may not begin a message: the reply, the code before it with ENHANCEDSTATUSCODES, and the word for it in the log. */
export interface Objection {
  reply: Bytes
  status?: Bytes
  reason: Bytes
}

const NOBODY: Objection = { reply: '530 Authorization required (#5.7.1)', status: '5.7.0', reason: 'authrequired' }
const NOT_THE_SAME: Objection = { reply: '503 from and auth not the same (#5.5.1)', reason: 'authnotmailfrom' }
const NOT_YOURS: Objection = { reply: '553 sorry, that is not your address (#5.7.1)', reason: 'notyours' }

/**
 * What there is against a message with this sender: the session has to log in before (spec modern.md 2.4), or the address is not its user's (2.5). One that may relay
 * by the rules counts as known, and has no user. Throws Temporary when control/ cannot be read.
 */
export const objectionOf = ({ state, options }: Dialogue, sender: Bytes): Objection | undefined => {
  const { auth } = options
  if (auth === undefined) return undefined
  if (state.user !== undefined) return auth.maySendFrom(state.user, sender) ? undefined : auth.isForcedSame ? NOT_THE_SAME : NOT_YOURS
  return auth.isSubmission && options.relayclient() === undefined ? NOBODY : undefined
}

/** The same about the addresses of From, where control/submitfrom asks for it. A header that cannot be read, or is too long to, is nobody's. */
export const fromObjectionOf = ({ state, options }: Dialogue, { header }: SeenHeader): Objection | undefined => {
  const { user } = state
  if (!options.settings.isFromChecked || user === undefined) return undefined
  const addresses = header === undefined ? undefined : fromAddresses(header)
  const isTheirs = addresses?.every((address) => options.auth?.maySendFrom(user, address)) ?? false
  return isTheirs ? undefined : NOT_YOURS
}
