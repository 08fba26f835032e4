import type { Bytes } from '../../core/bytes.ts'
import type { Dialogue, Verb } from '../dialogue.ts'
import { type Attributes, attributesIn, XCLIENT, XFORWARD } from '../front/attributes.ts'
import type { FrontRights } from '../front/other-client.ts'
import { unimplemented } from './plain.ts'

/** A verb of front ends that may say it: it names attributes, outside of a transaction. `take`: what is done with them. */
const frontVerb =
  (word: Bytes, names: readonly Bytes[], may: (front: FrontRights) => boolean, take: (dialogue: Dialogue, attributes: Attributes) => ReturnType<Verb>): Verb =>
  (dialogue, argument) => {
    const { settings, front } = dialogue.options
    if (settings.xclient.length === 0) return unimplemented(dialogue, argument)
    if (!may(front)) return dialogue.say('550 not authorised (#5.7.1)')
    if (dialogue.state.sender !== undefined) return dialogue.say('503 a message is under way (#5.5.1)')
    const attributes = attributesIn(argument, names)
    return attributes === undefined ? dialogue.say(`501 malformed ${word} (#5.5.4)`) : take(dialogue, attributes)
  }

/** XCLIENT (spec modern.md 5.8): from here on the session is that of the client it names. Whoever leads the session takes that client in. */
export const xclient = frontVerb(
  'XCLIENT',
  XCLIENT,
  ({ mayBeOther }) => mayBeOther,
  (dialogue, attributes) => {
    if (dialogue.hasMore()) return dialogue.fail('503 pipelining after XCLIENT (#5.5.0)')
    dialogue.other = attributes
    dialogue.isLeaving = true
    return undefined
  }
)

/** XFORWARD: whom the next message is from, for the log. */
export const xforward = frontVerb(
  'XFORWARD',
  XFORWARD,
  ({ mayForward }) => mayForward,
  (dialogue, attributes) => {
    dialogue.state.forwarded = new Map([...(dialogue.state.forwarded ?? []), ...attributes])
    return dialogue.say('250 ok')
  }
)
