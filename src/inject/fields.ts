import type { Bytes } from '../core/bytes.ts'

/** How a field of a message is treated (spec injection-admin.md 2.4). */
export interface FieldRule {
  /** recipients: addresses the message may go to. sender: addresses that have to be readable. returnPath: the envelope sender. note: only its presence matters. dropped: left out. */
  role: 'recipients' | 'sender' | 'returnPath' | 'note' | 'dropped'
  /** Its presence makes the message a resent one; its recipients count in resent messages only. */
  resent?: true
  /** Not shown to recipients. */
  hidden?: true
  /** Its addresses take part in Mail-Followup-To. */
  followup?: true
  /** The letter of QMAILINJECT that makes it count as absent. */
  ignoredBy?: 's' | 'f' | 'i'
}

const rules: Record<Bytes, FieldRule> = {
  to: { role: 'recipients', followup: true },
  cc: { role: 'recipients', followup: true },
  bcc: { role: 'recipients', hidden: true },
  'apparently-to': { role: 'recipients' },
  'resent-to': { role: 'recipients', resent: true },
  'resent-cc': { role: 'recipients', resent: true },
  'resent-bcc': { role: 'recipients', resent: true, hidden: true },
  'return-path': { role: 'returnPath', hidden: true, ignoredBy: 's' },
  sender: { role: 'sender' },
  from: { role: 'sender', ignoredBy: 'f' },
  'reply-to': { role: 'sender' },
  'return-receipt-to': { role: 'sender' },
  'errors-to': { role: 'sender' },
  'resent-sender': { role: 'sender', resent: true },
  'resent-from': { role: 'sender', resent: true },
  'resent-reply-to': { role: 'sender', resent: true },
  'content-length': { role: 'dropped' },
  date: { role: 'note' },
  'message-id': { role: 'note', ignoredBy: 'i' },
  'mail-followup-to': { role: 'note' },
  'resent-date': { role: 'note', resent: true },
  'resent-message-id': { role: 'note', resent: true }
}

/** The rule for a field name in lower case; undefined: the field is kept as it is. */
export const ruleFor = (name: Bytes): FieldRule | undefined => (Object.hasOwn(rules, name) ? rules[name] : undefined)
