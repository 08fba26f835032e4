import { pathIn } from '../address.ts'
import { type Objection, objectionOf } from '../auth/permission.ts'
import type { Verb } from '../dialogue.ts'
import { messageItems } from '../dsn/parameters.ts'
import { bytesObjection } from '../esmtp/utf8.ts'
import { isOverMailMax, parametersIn } from '../extensions.ts'
import { besideItems, submitterItems } from '../origin.ts'

export const mail: Verb = (dialogue, argument) => {
  dialogue.state.mails++
  if (isOverMailMax(dialogue)) return dialogue.fail('421 too many messages in one session, please connect again (#4.7.0)')
  const sender = pathIn(argument, dialogue.options.settings.localiphost)
  if (sender === undefined) return dialogue.say('555 syntax error (#5.5.4)')
  let objection: Objection | undefined
  try {
    objection = objectionOf(dialogue, sender)
  } catch {
    return dialogue.fail('421 unable to read controls (#4.3.0)')
  }
  if (objection !== undefined) {
    dialogue.options.log?.recipient(dialogue.state, '', objection.reply, objection.reason)
    return dialogue.say(objection.reply, objection.status)
  }
  const values = parametersIn(dialogue, 'mail', argument)
  if (typeof values === 'string') return dialogue.say(values)
  const badBytes = bytesObjection(dialogue, sender, values.has('SMTPUTF8'))
  if (badBytes !== undefined) return dialogue.say(badBytes)
  dialogue.state.begin(sender, [...submitterItems(dialogue, values), ...messageItems(values)], besideItems(dialogue, values))
  return dialogue.say('250 ok', '2.1.0')
}
