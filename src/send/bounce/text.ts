import type { Bytes } from '../../core/bytes.ts'
import { date822 } from '../../format/date822.ts'
import { quoteAddress, quoteBox } from '../../format/quote.ts'
import { bounceAddress } from '../verp.ts'

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

/** What is to be done about failures: whom the bounce goes to, from which envelope sender; or nothing, since this was a double bounce already. */
export type BounceKind = { kind: 'single' | 'double'; sender: Bytes; recipient: Bytes; returnPath: Bytes } | { kind: 'triple' }

/** The bounce for a message from `sender` (spec queue.md 5.10). */
export const bounceFor = (sender: Bytes, settings: BounceSettings): BounceKind => {
  const returnPath = bounceAddress(sender)
  if (returnPath === '#@[]') return { kind: 'triple' }
  if (returnPath === '') return { kind: 'double', sender: '#@[]', recipient: settings.doubleTo, returnPath }
  return { kind: 'single', sender: '', recipient: returnPath, returnPath }
}

const SINGLE_TEXT = `Your message could not be delivered to the addresses listed here.
The errors are permanent, so I have given up on them. The reasons follow.`
const DOUBLE_TEXT = `I tried to return an undeliverable message to its sender, but that bounce
itself bounced. The errors are permanent; I have given up on it.`

/** What a bounce says before the paragraphs: header and introduction. */
export const bounceHead = (bounce: Exclude<BounceKind, { kind: 'triple' }>, settings: BounceSettings, milliseconds: number): Bytes =>
  `Date: ${date822(milliseconds)}
From: ${quoteBox(settings.bouncefrom)}@${settings.bouncehost}
To: ${quoteAddress(oneLine(bounce.recipient))}
Subject: failure notice

Hi. This is the qmail-send program at ${settings.bouncehost}.
${bounce.kind === 'single' ? SINGLE_TEXT : DOUBLE_TEXT}

`

/** What it says between the paragraphs and the message that could not be delivered. */
export const bounceBreak = (bounce: Exclude<BounceKind, { kind: 'triple' }>): Bytes =>
  `--- Below this line is ${bounce.kind === 'single' ? 'a copy of the message' : 'the original bounce'}.

Return-Path: <${quoteAddress(oneLine(bounce.returnPath))}>
`
