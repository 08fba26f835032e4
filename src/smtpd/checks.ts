import type { Bytes } from '../core/bytes.ts'
import type { Verdict } from '../serve/recipient-wire.ts'
import { isAllowedRecipient } from '../serve/recipients.ts'
import type { Dialogue } from './dialogue.ts'

/** A recipient is not taken: the reply, and the word for it in the log (spec modern.md 6.8). */
export interface Refusal {
  reply: Bytes
  reason: Bytes
  /** It is the session's end, or is no refusal to the client. */
  ending?: 'close' | 'ignore'
}

/** One reason to refuse a recipient; undefined: it is not this one. It may throw when a control file cannot be read. */
type Check = (dialogue: Dialogue, recipient: Bytes) => Refusal | undefined
/** One that has to ask somebody else; undefined instead of a promise: there is nothing to ask. Never fails: who cannot be asked has nothing against it. */
type LateCheck = (dialogue: Dialogue, recipient: Bytes) => Promise<Refusal | undefined> | undefined

const tooMany: Check = ({ state, options }) =>
  state.recipients.length < options.settings.maxRecipients ? undefined : { reply: '452 too many recipients (#4.5.3)', reason: 'max_rcpt_exceeded' }

const isRelay = ({ options }: Dialogue): boolean => options.relayclient() !== undefined

const badHelo: Check = (dialogue) =>
  isRelay(dialogue) || !dialogue.options.settings.lists.helo?.(dialogue.state.helo ?? '', false)
    ? undefined
    : { reply: '553 sorry, your HELO name is in my badhelo list (#5.7.1)', reason: 'qregexbhelo' }

const badSender: Check = (dialogue) => {
  const { sender } = dialogue.state
  if (!sender || !dialogue.options.settings.lists.sender?.(sender, isRelay(dialogue))) return undefined
  return { reply: '553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)', reason: 'qregexbmf' }
}

const notOurs: Check = (dialogue, recipient) => {
  const { settings, isInMore, certificate } = dialogue.options
  if (isRelay(dialogue) || isAllowedRecipient(recipient, settings.rcpthosts, isInMore)) return undefined
  if (certificate?.kind === 'known') {
    dialogue.state.relayedBy = certificate.name
    dialogue.options.relayBy()
    return undefined
  }
  const tail = certificate === undefined ? '' : `; no valid cert for gatewaying${certificate.why === '' ? '' : `: ${certificate.why}`}`
  return { reply: `553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)${tail}`, reason: 'not_in_rcpthosts' }
}

const badRecipient: Check = (dialogue, recipient) =>
  dialogue.options.settings.lists.recipient?.(recipient, isRelay(dialogue))
    ? { reply: '553 sorry, this recipient is in my badrcptto list (#5.7.1)', reason: 'qregexbmt' }
    : undefined

/** Nobody is delivered to under this address (control/recipientcheck). Who may relay, or has logged in, hears of it here too, before a bounce (spec modern.md 2.4). */
const absent: LateCheck = ({ options }, recipient) => {
  const verdict = options.recipientExists?.(recipient)
  const refusal = (said: Verdict): Refusal | undefined =>
    said === 'absent' ? { reply: '550 sorry, no mailbox here by that name (#5.1.1)', reason: 'nomailbox' } : undefined
  if (verdict instanceof Promise) return verdict.then(refusal)
  return verdict === 'absent' ? Promise.resolve(refusal(verdict)) : undefined
}

/** $RCPTCHECK, and with $RCPTCHECKRELAYCLIENT also for clients that may relay. */
const programRefuses: LateCheck = ({ options, state }, recipient) =>
  options.rcptcheck?.(state.sender ?? '', recipient, state.helo ?? '').then((answer): Refusal | undefined => {
    if (answer.kind === 'refused') return { reply: answer.reply, reason: 'rcptcheck' }
    if (answer.kind === 'close') return { reply: answer.reply, reason: 'rcptcheck', ending: 'close' }
    return answer.kind === 'ignored' ? { reply: '250 ok', reason: 'rcptcheck', ending: 'ignore' } : undefined
  })

/** In the order of spec modern.md 6.1; the first one that has something against a recipient decides. A new one is a function, and a word here. */
const checks: readonly Check[] = [tooMany, badHelo, badSender, notOurs, badRecipient]
const lateChecks: readonly LateCheck[] = [absent, programRefuses]

/** Why this recipient is refused, as far as control/ tells; undefined: it is not. Throws when a control file cannot be read. */
export const refusalOf: Check = (dialogue, recipient) => {
  for (const check of checks) {
    const refusal = check(dialogue, recipient)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

/** The same for what others have to be asked about; undefined instead of a promise: nobody has to be. */
export const lateRefusalOf: LateCheck = (dialogue, recipient) => {
  for (const [n, check] of lateChecks.entries()) {
    const asked = check(dialogue, recipient)
    if (asked) return asked.then(async (refusal) => refusal ?? (await rest(n + 1, dialogue, recipient)))
  }
  return undefined
}

const rest = async (from: number, dialogue: Dialogue, recipient: Bytes): Promise<Refusal | undefined> => {
  for (const check of lateChecks.slice(from)) {
    const refusal = await check(dialogue, recipient)
    if (refusal !== undefined) return refusal
  }
  return undefined
}
