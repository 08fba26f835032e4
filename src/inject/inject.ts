import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { exitFor, Permanent, reason, Temporary, Usage } from '../core/failure.ts'
import { writeFd } from '../core/fdio.ts'
import { logLine } from '../core/logline.ts'
import type { Context } from '../core/run.ts'
import { type Split, splitHeader } from '../format/header.ts'
import { quoteAddress } from '../format/quote.ts'
import { type InjectOptions, lettersIn, NEW_INJECT, parseInjectOptions, recipientSources } from './command-line.ts'
import { Refusal } from './front-end.ts'
import { generatedFields, type Origin } from './generated.ts'
import { defaultSender } from './identity.ts'

import { NO_WISHES, notesFor, type ReportWishes } from './report-wishes.ts'
import { completeAddress, Unparsable } from './rewrite.ts'
import { type Rewritten, rewriteHeader } from './rewritten.ts'
import { readOrigin } from './settings.ts'
import { type Letter, print, queue } from './way-out.ts'

const NAME = 'qmail-inject'

const senderOf = (given: Bytes | undefined, header: Rewritten, { who, hosts }: Origin): Bytes => {
  if (given !== undefined) return given
  const sender = header.returnPath ?? defaultSender(who, hosts)
  return who.letters.includes('r') ? `${sender}-@[]` : sender
}

const givenSender = (sender: Bytes | undefined, { hosts }: Origin): Bytes | undefined => {
  if (sender === undefined) return undefined
  const complete = completeAddress(sender, hosts)
  if (complete === undefined) throw new Unparsable(quoteAddress(sender))
  return complete
}

const givenRecipients = (operands: readonly Bytes[], { hosts }: Origin): Bytes[] =>
  operands.map((operand) => {
    const complete = completeAddress(operand, hosts)
    if (complete === undefined) throw new Permanent(`unable to parse address: ${operand}`)
    return complete
  })

const untilNul = (address: Bytes): Bytes => address.split('\0', 1)[0] ?? ''

/** The message, up to where its body begins, and its envelope (spec injection-admin.md 2.10, 2.11). */
const compose = (split: Split, options: InjectOptions, sender: Bytes | undefined, operands: readonly Bytes[], origin: Origin, choose: Choose): Letter => {
  const header = rewriteHeader(split.fields, origin.hosts, origin.who.letters)
  const fromHeader = header.isResent ? header.resentRecipients : header.recipients
  const { useArguments, useHeader } = recipientSources(options)
  return {
    sender: untilNul(senderOf(sender, header, origin)),
    recipients: choose([...(useArguments ? operands : []), ...(useHeader ? fromHeader : [])].map(untilNul), header.unreadable),
    header: generatedFields(header, origin) + header.kept.join('') + split.separator,
    body: split.body
  }
}

/** Whom a message goes to, of those its arguments and its header name; `unreadable`: a field whose syntax is wrong. What it throws, injectMessage throws. */
export type Choose = (recipients: Bytes[], unreadable: Bytes | undefined) => Bytes[]

/** What a front-end adds: its choice of recipients, and what its caller wants to hear of the message. */
export interface FrontEnd {
  choose: Choose
  wishes?: ReportWishes
}

const inject = async (context: Context, source: Iterator<Buffer>, { choose, wishes }: FrontEnd): Promise<number> => {
  const given = readOrigin(context, Date.now(), process.pid)
  const options = parseInjectOptions(context.invokedAs, context.args)
  const origin = { ...given, who: { ...given.who, letters: lettersIn(context.invokedAs, given.who.letters) + options.letters } }
  const sender = givenSender(options.sender, origin)
  const operands = options.from === 'header' ? [] : givenRecipients(options.operands, origin)
  const letter = compose(splitHeader(source), options, sender, operands, origin, choose)
  if (options.isDry) print(letter, source, context.invokedAs === NEW_INJECT ? 'whole' : 'sender', (data) => writeFd(1, data))
  else await queue(context, letter, source, notesFor(wishes ?? NO_WISHES, letter))
  return Exit.ok
}

/** What a failure is called on descriptor 2. */
const complaint = (error: unknown): string => {
  if (error instanceof Usage) return error.message
  return `${NAME}: fatal: ${error instanceof Permanent || error instanceof Temporary ? error.message : reason(error)}`
}

/**
 * qmail-inject: completes the message that `source` yields and queues it (spec injection-admin.md 2). Failures are told on
 * descriptor 2, always in qmail-inject's name; gives back the exit code. A front-end may `choose` recipients; its Refusal is its own to tell.
 */
export const injectMessage = async (context: Context, source: Iterator<Buffer>, frontEnd: FrontEnd = { choose: (all) => all }): Promise<number> => {
  try {
    return await inject(context, source, frontEnd)
  } catch (error) {
    if (error instanceof Refusal) throw error
    logLine(2, complaint(error).replace(/\n$/, ''))
    return exitFor(error)
  }
}
