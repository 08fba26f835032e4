import type { Bytes } from '../../core/bytes.ts'
import { date822 } from '../../format/date822.ts'
import { quoteAddress, quoteBox } from '../../format/quote.ts'
import { bounceAddress } from '../verp.ts'

/** What is added to a temporary failure that has become permanent (spec queue.md 5.9). */
export const TOO_LONG = "I'm not going to try again; this message has been in the queue too long.\n"

/** An address may hold line ends, in a queue that another program fills; in a bounce they would be header lines and a body of its own. */
const oneLine = (address: Bytes): Bytes => address.replace(/[\r\n]/g, '_')

/**
 * The paragraph of bounce/ID that tells why one recipient failed: its address, the text, an empty line. Line ends within the text
 * that would make another empty line become `/`, so that whoever reads the bounce sees one paragraph (spec queue.md 5.9).
 */
export const paragraph = (recipient: Bytes, text: Bytes): Bytes => {
  const lines = text === '' || text.endsWith('\n') ? text : `${text}\n`
  const last = lines.length - 1
  const joined = lines.replace(/\n/g, (lf, at: number) => (at < last && (at === 0 || lines[at - 1] === '\n') ? '/' : lf))
  return `<${oneLine(recipient)}>:\n${joined}\n`
}

/** Who bounces are from, and where those that bounce themselves go. */
export interface BounceSettings {
  bouncefrom: Bytes
  bouncehost: Bytes
  /** `doublebounceto@doublebouncehost`. */
  doubleTo: Bytes
}

/** A bounce there is to be sent: to whom, from which envelope sender. */
export interface Bounce {
  kind: 'single' | 'double'
  sender: Bytes
  recipient: Bytes
  returnPath: Bytes
}

/** What is to be done about failures: a bounce; or nothing, since this was a double bounce already, or nobody wants those. */
export type BounceKind = Bounce | { kind: 'triple' } | { kind: 'unwanted' }

/** The bounce for a message from `sender` (spec queue.md 5.10). */
export const bounceFor = (sender: Bytes, settings: BounceSettings): BounceKind => {
  const returnPath = bounceAddress(sender)
  if (returnPath === '#@[]') return { kind: 'triple' }
  if (returnPath !== '') return { kind: 'single', sender: '', recipient: returnPath, returnPath }
  return settings.doubleTo.startsWith('@') ? { kind: 'unwanted' } : { kind: 'double', sender: '#@[]', recipient: settings.doubleTo, returnPath }
}

const SINGLE_TEXT = `Your message could not be delivered to the addresses listed here.
The errors are permanent, so I have given up on them. The reasons follow.`
const DOUBLE_TEXT = `I tried to return an undeliverable message to its sender, but that bounce
itself bounced. The errors are permanent; I have given up on it.`

/** What a notice begins with. `fields`: further ones of its header, each with its LF. */
export const noticeHeader = (recipient: Bytes, subject: string, settings: BounceSettings, milliseconds: number, fields: Bytes = ''): Bytes =>
  `Date: ${date822(milliseconds)}
From: ${quoteBox(settings.bouncefrom)}@${settings.bouncehost}
To: ${quoteAddress(oneLine(recipient))}
Subject: ${subject}
${fields}
`

/** What a bounce says to people before the paragraphs. */
export const bounceIntroduction = ({ kind }: Bounce, settings: BounceSettings): Bytes =>
  `Hi. This is the qmail-send program at ${settings.bouncehost}.
${kind === 'single' ? SINGLE_TEXT : DOUBLE_TEXT}

`

/** What a bounce of qmail's format says before the paragraphs: header and introduction. */
export const bounceHead = (bounce: Bounce, settings: BounceSettings, milliseconds: number): Bytes =>
  noticeHeader(bounce.recipient, 'failure notice', settings, milliseconds) + bounceIntroduction(bounce, settings)

/** The field that goes before the message that is sent back. */
export const returnPathLine = (sender: Bytes): Bytes => `Return-Path: <${quoteAddress(oneLine(sender))}>\n`

/** What a bounce of qmail's format says between the paragraphs and the message that could not be delivered. */
export const bounceBreak = ({ kind, returnPath }: Bounce): Bytes =>
  `--- Below this line is ${kind === 'single' ? 'a copy of the message' : 'the original bounce'}.

${returnPathLine(returnPath)}`
