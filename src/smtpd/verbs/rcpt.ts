import { isAllowedRecipient } from '../../serve/recipients.ts'
import { pathIn } from '../address.ts'
import { NO_MEMORY, type Verb } from '../dialogue.ts'
import { isBadSender } from '../policy.ts'

export const rcpt: Verb = (dialogue, argument) => {
  const { settings, relayclient, isInMore } = dialogue.options
  const { state } = dialogue
  if (state.sender === undefined) return dialogue.say('503 MAIL first (#5.5.1)')
  const recipient = pathIn(argument, settings.localiphost)
  if (recipient === undefined) return dialogue.say('555 syntax error (#5.5.4)')
  if (isBadSender(settings.badmailfrom, state.sender)) return dialogue.say('553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)')
  try {
    if (relayclient === undefined && !isAllowedRecipient(recipient, settings.rcpthosts, isInMore)) {
      return dialogue.say("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)")
    }
  } catch {
    return dialogue.fail('421 unable to read controls (#4.3.0)')
  }
  if (state.recipients.length >= settings.maxRecipients) return dialogue.say('452 too many recipients (#4.5.3)')
  return state.add(recipient + (relayclient ?? '')) ? dialogue.say('250 ok', '2.1.5') : dialogue.say(NO_MEMORY)
}
