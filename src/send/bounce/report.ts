import { type Bytes, isAscii } from '../../core/bytes.ts'
import { dateMime } from '../../format/date822.ts'
import type { Diagnosis } from '../../format/enhanced-status.ts'
import { typedAddress } from '../../format/typed-address.ts'
import { fromXtext } from '../../format/xtext.ts'
import { randomHex } from '../../os/random.ts'
import { originalOf } from '../../queue/notes.ts'

/** What a report of RFC 3464 says of all its recipients. */
export interface ReportSubject {
  /** The host that reports. */
  host: Bytes
  /** When the message came, in milliseconds. */
  arrivedMs: number
  /** The sender's own name for it, as ENVID said it. */
  envid: Bytes | undefined
}

/** Of a message that came by SMTPUTF8 a report holds its addresses as they are, in parts whose types say so (RFC 6533). */
export type Writing = 'plain' | 'global'

/** What it says of one of them. */
export interface RecipientReport extends Diagnosis {
  recipient: Bytes
  /** What the sender called it, as ORCPT said it. */
  orcpt: Bytes | undefined
  action: 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded'
  /** When it was last tried, and until when it will be, in milliseconds, where that is known. */
  lastMs?: number | undefined
  untilMs?: number | undefined
}

const EIGHT_BIT = 'Content-Transfer-Encoding: 8bit\n'
/** The type of the last part. */
const ORIGINALS = {
  plain: { whole: 'message/rfc822', header: 'text/rfc822-headers' },
  global: { whole: 'message/global', header: 'message/global-headers' }
} as const

/** A boundary that no sender can have put into a message. */
export const newBoundary = (): string => `=_qmail-send_${randomHex(15)}`

/** The header fields of a multipart/report besides Date, From, To and Subject, and the beginning of the part for people (RFC 6522). */
export const reportOpening = (boundary: string, host: Bytes): { fields: Bytes; begin: Bytes } => ({
  fields: `Message-ID: <${Date.now()}.${randomHex(8)}.qmail-send@${host}>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="${boundary}"
Content-Transfer-Encoding: 8bit
`,
  begin: `--${boundary}
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

`
})

const visible = (text: Bytes): Bytes => text.replace(/[^ -~]/g, '?')

/** `TYPE;XTEXT` in the clear. */
const original = (orcpt: Bytes, writing: Writing): Bytes => {
  const { type, address } = originalOf(orcpt)
  const isAddress = /^rfc822$/i.test(type) || (/^utf-8$/i.test(type) && !isAscii(address))
  return isAddress ? typedAddress(address, writing === 'global') : `${type}; ${visible(address)}`
}

/** The beginning of the part for programs: what concerns the whole message (RFC 3464, section 2.2). */
export const statusOpening = (boundary: string, { host, arrivedMs, envid }: ReportSubject, writing: Writing): Bytes =>
  `
--${boundary}
Content-Type: message/${writing === 'global' ? 'global-' : ''}delivery-status
${writing === 'global' ? EIGHT_BIT : ''}
Reporting-MTA: dns; ${host}
${envid === undefined ? '' : `Original-Envelope-Id: ${visible(fromXtext(envid))}\n`}Arrival-Date: ${dateMime(arrivedMs)}
`

/** The fields of one recipient (RFC 3464, section 2.3). */
export const recipientStatus = ({ recipient, orcpt, action, status, host, said, lastMs, untilMs }: RecipientReport, writing: Writing): Bytes => {
  const fields = [
    orcpt !== undefined && `Original-Recipient: ${original(orcpt, writing)}`,
    `Final-Recipient: ${typedAddress(recipient, writing === 'global')}`,
    `Action: ${action}`,
    `Status: ${status}`,
    host !== undefined && `Remote-MTA: dns; ${host}`,
    said !== undefined && `Diagnostic-Code: ${said}`,
    lastMs !== undefined && `Last-Attempt-Date: ${dateMime(lastMs)}`,
    untilMs !== undefined && `Will-Retry-Until: ${dateMime(untilMs)}`
  ]
  return `\n${fields.filter((field) => field !== false).join('\n')}\n`
}

/** The beginning of the last part: the message, or its header. */
export const originalOpening = (boundary: string, isWhole: boolean, writing: Writing): Bytes =>
  `
--${boundary}
Content-Type: ${ORIGINALS[writing][isWhole ? 'whole' : 'header']}
${EIGHT_BIT}
`

/** The end of all. */
export const reportEnd = (boundary: string): Bytes => `\n--${boundary}--\n`
