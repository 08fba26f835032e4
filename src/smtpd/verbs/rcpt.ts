import type { Bytes } from '../../core/bytes.ts'
import { pathIn } from '../address.ts'
import { lateRefusalOf, type Refusal, refusalOf } from '../checks.ts'
import { type Dialogue, NO_MEMORY, type Verb } from '../dialogue.ts'
import { recipientNote } from '../dsn/parameters.ts'
import { bytesObjection } from '../esmtp/utf8.ts'
import { parametersIn } from '../extensions.ts'

/** Too many refused ones end the session (control/brtlimit). */
const refuse = (dialogue: Dialogue, recipient: Bytes, { reply, reason, ending }: Refusal): Promise<void> | undefined => {
  const { state, options } = dialogue
  if (ending === 'ignore') return dialogue.say(reply, '2.1.5')
  state.tally.refused++
  options.log?.recipient(state, recipient, reply, reason)
  if (ending === 'close') return dialogue.fail(reply)
  if (state.tally.refused > options.settings.maxRefused) return dialogue.fail('421 too many refused recipients (#4.3.0)')
  return dialogue.say(reply)
}

const accept = (dialogue: Dialogue, recipient: Bytes): Promise<void> | undefined => {
  const { state, options } = dialogue
  if (!state.mayNote()) return refuse(dialogue, recipient, { reply: '452 too many recipients (#4.5.3)', reason: 'too_many_notes' })
  if (!state.add(recipient + (options.relayclient() ?? ''))) return refuse(dialogue, recipient, { reply: NO_MEMORY, reason: 'out_of_memory' })
  state.tally.taken++
  options.log?.recipient(state, recipient, '250', options.relayclient() === undefined ? 'rcpthosts' : 'relayclient')
  return dialogue.say('250 ok', '2.1.5')
}

const decide = (dialogue: Dialogue, recipient: Bytes, refusal: Refusal | undefined): Promise<void> | undefined =>
  refusal === undefined ? accept(dialogue, recipient) : refuse(dialogue, recipient, refusal)

/** How long this recipient has to wait; undefined: not at all (control/tarpitcount). */
const tarpit = ({ state, options }: Dialogue): Promise<void> | undefined => {
  const { tarpitCount, tarpitSeconds } = options.settings
  if (++state.asked <= tarpitCount || tarpitSeconds === 0) return undefined
  return new Promise((resolve) => setTimeout(resolve, tarpitSeconds * 1000))
}

export const rcpt: Verb = (dialogue, argument) => {
  if (dialogue.state.sender === undefined) return dialogue.say('503 MAIL first (#5.5.1)')
  const recipient = pathIn(argument, dialogue.options.settings.localiphost)
  if (recipient === undefined) return dialogue.say('555 syntax error (#5.5.4)')
  const values = parametersIn(dialogue, 'rcpt', argument)
  if (typeof values === 'string') return dialogue.say(values)
  const badBytes = bytesObjection(dialogue, recipient, dialogue.state.isUtf8)
  if (badBytes !== undefined) return dialogue.say(badBytes)
  dialogue.state.note = values.size > 0 ? recipientNote(values) : undefined
  const wait = tarpit(dialogue)
  return wait ? wait.then(() => judge(dialogue, recipient)) : judge(dialogue, recipient)
}

const judge = (dialogue: Dialogue, recipient: Bytes): Promise<void> | undefined => {
  if (dialogue.exit !== undefined) return undefined // gone while it waited
  if (dialogue.state.isExempt) return decide(dialogue, recipient, undefined)
  try {
    const refusal = refusalOf(dialogue, recipient)
    const asked = refusal === undefined ? lateRefusalOf(dialogue, recipient) : undefined
    if (asked === undefined) return decide(dialogue, recipient, refusal)
    return asked.then((late) => (dialogue.exit === undefined ? decide(dialogue, recipient, late) : undefined))
  } catch {
    return dialogue.fail('421 unable to read controls (#4.3.0)')
  }
}
