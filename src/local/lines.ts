import type { Bytes } from '../core/bytes.ts'
import { dateMbox } from '../format/date822.ts'
import { quoteAddress } from '../format/quote.ts'
import { type Job, recipientOf } from './job.ts'

/** The lines a delivery puts before a message, each with its LF. */
export interface HeaderLines {
  deliveredTo: Bytes
  returnPath: Bytes
  from: Bytes
}

const oneLine = (text: Bytes): Bytes => text.replaceAll('\n', '_')

/** Makes the three lines for a job; `milliseconds` is the time on the From_ line (spec local-delivery.md 3.2). */
export const headerLines = (job: Job, milliseconds: number): HeaderLines => ({
  deliveredTo: `Delivered-To: ${oneLine(recipientOf(job))}\n`,
  returnPath: `Return-Path: <${oneLine(quoteAddress(job.sender))}>\n`,
  from: `From ${job.sender === '' ? 'MAILER-DAEMON' : job.sender.replace(/[ \t\n]/g, '-')} ${dateMbox(milliseconds)}\n`
})
