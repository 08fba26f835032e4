import type { Verb } from '../dialogue.ts'
import { extensionLines } from '../extensions.ts'

export const helo: Verb = (dialogue, argument) => {
  dialogue.state.greeted(argument, false)
  return dialogue.say(`250 ${dialogue.options.settings.greeting}`)
}

export const ehlo: Verb = (dialogue, argument) => {
  const { greeting, esmtp } = dialogue.options.settings
  dialogue.state.greeted(argument, true)
  const lines = [greeting, ...extensionLines(dialogue)]
  dialogue.say(lines.map((line, n) => `250${n === lines.length - 1 ? ' ' : '-'}${line}`).join('\r\n'))
  dialogue.state.isEnhanced = esmtp?.includes('ENHANCEDSTATUSCODES') === true
  return undefined
}
