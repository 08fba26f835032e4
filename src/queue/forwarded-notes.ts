import { type Bytes, isAscii } from '../core/bytes.ts'
import { typedAddress } from '../format/typed-address.ts'
import { isInUtf8 } from '../format/unicode/utf8.ts'
import { toXtext } from '../format/xtext.ts'
import { isOrcpt, type Notes, type NotesText, packNotes, type RecipientNote } from './notes.ts'

/**
 * What a message is handed on as (RFC 3461 5.2.7). `alias`: to one address in the place of the one it had, with all that its sender asked for. `copy`: to several, or besides a delivery:
 * its sender hears of success from whoever delivers or expands it here. `list`: from another sender, who asked for nothing.
 */
export type Forwarding = 'alias' | 'copy' | 'list'

/** What goes with a message wherever it goes, and what it is asked for in its sender's name. */
const OF_MESSAGE = /^(?:utf8|tls|notls|body=[78b])$/
const OF_SENDER = /^(?:ret|envid)=/

/** An address as ORCPT names it; undefined: too long for that. */
const originalOf = (address: Bytes): Bytes | undefined => {
  const orcpt = isAscii(address) || !isInUtf8(address) ? `rfc822;${toXtext(address)}` : typedAddress(address).replace('; ', ';')
  return isOrcpt(orcpt) ? orcpt : undefined
}

/** Without the wish to hear of success; who wished nothing else hears of nothing. */
const withoutSuccess = (notify: Bytes | undefined): Bytes | undefined => (notify === undefined ? undefined : notify.replace('S', '') || 'N')

/** The note on a recipient, as a program has it that a message is delivered to: who asked for success hears of it from here. */
export const noteForProgram = ({ notify, orcpt }: RecipientNote): RecipientNote => ({ notify: withoutSuccess(notify), orcpt })

/**
 * The notes of a message that is put back into the queue for so many addresses; `given`: those on the envelope of the one recipient it was delivered to, whose address that is.
 * Those on recipients are left out where they would be too many. Undefined: there is nothing to note.
 */
export const forwardedNotes = (given: Notes, address: Bytes, forwarding: Forwarding, count: number): NotesText | undefined => {
  const ofSender = forwarding === 'list' ? [] : given.items.filter((item) => OF_SENDER.test(item))
  const ofMessage = given.items.filter((item) => OF_MESSAGE.test(item))
  const note = forwarding === 'list' ? undefined : given.recipients.get(0)
  const recipients = new Map<number, RecipientNote>()
  if (note !== undefined || ofSender.length > 0) {
    const notify = forwarding === 'alias' ? note?.notify : withoutSuccess(note?.notify)
    const orcpt = note?.orcpt ?? originalOf(address)
    if (notify !== undefined || orcpt !== undefined) for (let index = 0; index < count; index++) recipients.set(index, { notify, orcpt })
  }
  const isIdle = recipients.size + ofSender.length === 0 && ofMessage.every((item) => item.startsWith('body='))
  const items = ['o=forward', ...ofMessage, ...ofSender]
  return isIdle ? undefined : (packNotes({ items, recipients }) ?? packNotes({ items, recipients: new Map() }))
}
