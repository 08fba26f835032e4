import { SessionExit, type Verb } from '../dialogue.ts'

export const rset: Verb = (dialogue) => {
  dialogue.state.forget()
  return dialogue.say('250 flushed')
}

export const noop: Verb = (dialogue) => dialogue.say('250 ok')

export const help: Verb = (dialogue) => dialogue.say('214 qmail home page: https://cr.yp.to/qmail.html')

/** Never tells whether an address exists. */
export const vrfy: Verb = (dialogue) => dialogue.say('252 send it and see')

export const quit: Verb = (dialogue) => {
  dialogue.exit = SessionExit.quit
  return dialogue.say(`221 ${dialogue.options.settings.greeting}`)
}

/** Everything else: EXPN, TURN, ETRN, an empty line. */
export const unimplemented: Verb = (dialogue) => dialogue.say('502 unimplemented (#5.5.1)')
