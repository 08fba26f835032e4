import type { Verb } from '../dialogue.ts'
import { attributesIn, XCLIENT, XFORWARD } from '../front/attributes.ts'
import { unimplemented } from './plain.ts'

const NOT_YOU = '550 not authorised (#5.7.1)'
const IN_TRANSACTION = '503 a message is under way (#5.5.1)'

/** XCLIENT (spec modern.md 5.8): from here on the session is that of the client it names. Whoever leads the session takes that client in. */
export const xclient: Verb = (dialogue, argument) => {
  const { settings, front } = dialogue.options
  if (settings.xclient.length === 0) return unimplemented(dialogue, argument)
  if (!front.mayBeOther) return dialogue.say(NOT_YOU)
  if (dialogue.state.sender !== undefined) return dialogue.say(IN_TRANSACTION)
  const attributes = attributesIn(argument, XCLIENT)
  if (attributes === undefined) return dialogue.say('501 malformed XCLIENT (#5.5.4)')
  if (dialogue.hasMore()) return dialogue.fail('503 pipelining after XCLIENT (#5.5.0)')
  dialogue.other = attributes
  dialogue.isLeaving = true
  return undefined
}

/** XFORWARD: whom the next message is from, for the log. */
export const xforward: Verb = (dialogue, argument) => {
  const { settings, front } = dialogue.options
  if (settings.xclient.length === 0) return unimplemented(dialogue, argument)
  if (!front.mayForward) return dialogue.say(NOT_YOU)
  if (dialogue.state.sender !== undefined) return dialogue.say(IN_TRANSACTION)
  const attributes = attributesIn(argument, XFORWARD)
  if (attributes === undefined) return dialogue.say('501 malformed XFORWARD (#5.5.4)')
  dialogue.state.forwarded = new Map([...(dialogue.state.forwarded ?? []), ...attributes])
  return dialogue.say('250 ok')
}
