import type { Verb } from '../dialogue.ts'

/** STARTTLS (RFC 3207, spec modern.md 1.2 and 1.4). The client hears the 220 from whoever leads the handshake; whatever it said after this command is an attack. */
export const starttls: Verb = (dialogue, argument) => {
  const { tls, log } = dialogue.options
  if (tls === undefined) return dialogue.say('502 unimplemented (#5.5.1)')
  if (argument !== '') return dialogue.say('501 Syntax error (no parameters allowed) (#5.5.4)')
  if (dialogue.hasMore()) {
    log?.injection()
    return dialogue.fail('503 pipelining after STARTTLS (#5.5.0)')
  }
  if (!tls.isAble()) return dialogue.say('454 TLS not available (#4.3.0)')
  dialogue.isLeaving = true
  return undefined
}
