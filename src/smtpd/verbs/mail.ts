import { pathIn } from '../address.ts'
import type { Verb } from '../dialogue.ts'

export const mail: Verb = (dialogue, argument) => {
  const sender = pathIn(argument, dialogue.options.settings.localiphost)
  if (sender === undefined) return dialogue.say('555 syntax error (#5.5.4)')
  dialogue.state.begin(sender)
  return dialogue.say('250 ok')
}
