import { closeSync } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'
import { Permanent, reason, Temporary } from '../core/failure.ts'
import { readAll } from '../core/fdio.ts'
import { type Instruction, parseInstructions } from '../format/dotqmail.ts'
import type { Message } from '../os/message.ts'
import { checkHome } from './home.ts'
import type { Job } from './job.ts'
import { type HeaderLines, headerLines } from './lines.ts'
import { hasHeaderLine } from './loop.ts'
import { findDotQmail, forwardingSender } from './search.ts'

/** All that is known of a delivery before anything is done. */
export interface Plan {
  job: Job
  lines: HeaderLines
  /** Whom forwarded copies come from. */
  newSender: Bytes
  /** DEFAULT, or undefined to leave it as inherited. */
  matched: Bytes | undefined
  instructions: Instruction[]
}

const textOf = (fd: number): Bytes => {
  try {
    return readAll(fd).toString('latin1')
  } catch (error) {
    throw new Temporary(`Unable to read .qmail file: ${reason(error)}. (#4.3.0)`, { cause: error })
  }
}

/** What the recipient's home says is to be done; changes nothing (spec local-delivery.md 3.1, steps 2 to 7). */
const planWithoutLoopCheck = (job: Job, lines: HeaderLines): Plan => {
  const found = findDotQmail(job)
  try {
    const newSender = forwardingSender(job)
    const text = found ? textOf(found.fd) : ''
    const instructions = text === '' ? parseInstructions(job.defaultdelivery, false) : parseInstructions(text, found?.forwardOnly ?? false)
    return { job, lines, newSender, matched: found?.matched, instructions }
  } finally {
    if (found) closeSync(found.fd)
  }
}

/** Plans a delivery: Permanent if there is no such mailbox or the message comes back to us, Temporary on any trouble. */
export const planDelivery = (job: Job, message: Message): Plan => {
  checkHome(job.homedir, false)
  const lines = headerLines(job, Date.now())
  if (hasHeaderLine(message, lines.deliveredTo)) throw new Permanent('This message is looping: it already has my Delivered-To line. (#5.4.6)')
  return planWithoutLoopCheck(job, lines)
}

/** Plans as `-n` does: the message is not read, and a sticky home is only reported through `warn`. */
export const describePlan = (job: Job, warn: (text: string) => void): Plan => {
  if (checkHome(job.homedir, true)) warn('Warning: home directory is sticky.')
  return planWithoutLoopCheck(job, headerLines(job, Date.now()))
}
