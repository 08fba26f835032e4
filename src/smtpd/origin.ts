import type { Bytes } from '../core/bytes.ts'
import { toXtext } from '../format/xtext.ts'
import type { Dialogue } from './dialogue.ts'
import type { Values } from './dsn/parameters.ts'

/** Nobody is believed to have submitted it (RFC 4954 5). */
const NOBODY = 'auth=<>'

/** Where a message comes from, as notes on it: a user who has logged in, a client that may relay, anybody (spec modern.md 5.6). */
export const originItems = ({ state, options }: Dialogue): Bytes[] => {
  if (state.user !== undefined) return ['o=auth', `u=${toXtext(state.user.name)}`]
  return [options.relayclient() === undefined ? 'o=net' : 'o=relay']
}

/** AUTH= of MAIL as a note: what it says, if whoever says it may be believed (RFC 4954 5; spec modern.md 2.3). */
const submitter = ({ state, options }: Dialogue, values: Values): Bytes | undefined => {
  const address = values.get('AUTH')
  if (address === undefined) return undefined
  return state.user !== undefined || options.relayclient() !== undefined ? `auth=${address}` : NOBODY
}

/** Notes that a message has because of who submitted it first. */
export const submitterItems = (dialogue: Dialogue, values: Values): Bytes[] => {
  const item = submitter(dialogue, values)
  return item === undefined || item === NOBODY ? [] : [item]
}

/** What MAIL said that is noted beside other notes, and alone is not worth any: BODY= (spec modern.md 5.3), and that nobody submitted it. */
export const besideItems = (dialogue: Dialogue, values: Values): Bytes[] => {
  const body = values.get('BODY')
  return [...(submitter(dialogue, values) === NOBODY ? [NOBODY] : []), ...(body === undefined ? [] : [`body=${body.charAt(0)}`])]
}
