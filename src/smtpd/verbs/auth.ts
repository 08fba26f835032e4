import type { Mechanism } from '../../serve/auth-mode.ts'
import { startExchange } from '../auth/exchange.ts'
import type { Dialogue, Verb } from '../dialogue.ts'
import { unimplemented } from './plain.ts'

/** Why nobody may log in now, as a reply, in the order of spec modern.md 2.3; undefined: one may. */
const hindrance = ({ state, options }: Dialogue): string | undefined => {
  if (options.auth?.mechanisms.length === 0) return '503 auth not available (#5.3.3)'
  if (state.user !== undefined) return "503 you're already authenticated (#5.5.0)"
  if (state.sender !== undefined) return '503 no auth during mail transaction (#5.5.0)'
  return options.auth?.isClearAllowed || options.isEncrypted() ? undefined : '538 auth not available without TLS (#5.3.3)'
}

/** AUTH (RFC 4954). Where there is no checker, it is no command, as in qmail. */
export const auth: Verb = (dialogue, argument) => {
  const { auth: authentication } = dialogue.options
  if (authentication === undefined) return unimplemented(dialogue, argument)
  const reply = hindrance(dialogue)
  if (reply !== undefined) return dialogue.say(reply)
  const [word = '', initial, more] = argument.trimEnd().split(/ +/)
  const mechanism = authentication.mechanisms.find((name: Mechanism) => name === word.toUpperCase())
  if (mechanism === undefined) return dialogue.say('504 auth type invalid (#5.5.1)')
  return more === undefined ? startExchange(dialogue, authentication, mechanism, initial) : dialogue.say('501 malformed auth input (#5.5.4)')
}
