import type { Readable, Writable } from 'node:stream'
import { type Block, BlockDialogue, blockByVariable, blockLine, blockOf, replyLine } from '../accept/block.ts'
import { type Bytes, leadingNumber } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { Usage } from '../core/failure.ts'
import { getopt } from '../core/getopt.ts'
import { logLine } from '../core/logline.ts'
import type { Env } from '../core/run.ts'
import { Conversation } from '../net/converse.ts'
import { systemResolver } from '../net/dns.ts'
import { type DnsList, lookUp, parseDnsList } from '../net/dnsbl.ts'
import { readableFd, writableFd } from '../net/stdio.ts'
import { becomeNamed } from '../os/exec.ts'

/** One list, with the options that stood before it. */
interface AskedList extends DnsList {
  isForGood: boolean
}

/** What rblsmtpd was told (spec network.md 2.5, 2.7). */
export interface RblOptions {
  lists: AskedList[]
  /** How long a client that is turned away is talked to, in seconds; 0: it hears one line. */
  seconds: number
  /** Let everybody in, and tell the program in $RBLSMTPD. */
  passesOn: boolean
  /** How long a client that is let in waits for it, in seconds. */
  delay: number
  program: Bytes
  args: Bytes[]
}

/** As ucspi-tcp has it, which is recorded; options of our own stand in the manual. */
const USAGE = 'rblsmtpd: usage: rblsmtpd [ -b ] [ -R ] [ -t timeout ] [ -r base ] [ -a base ] smtpd [ arg ... ]'
const DIALOGUE_SECONDS = 60
/** For all look-ups together. */
const LOOKUP_SECONDS = 30

/** Reads the command line. Throws Usage. */
export const rblOptions = (args: readonly Bytes[], env: Readonly<Env>): RblOptions => {
  const { options, operands } = getopt('rblsmtpd', 'bBcCiRr:a:t:w:W', USAGE, args)
  const o: Omit<RblOptions, 'program' | 'args'> = { lists: [], seconds: DIALOGUE_SECONDS, passesOn: false, delay: 0 }
  let [isForGood, failsClosed] = [false, false]
  for (const { letter, value } of options) {
    if (letter === 'b' || letter === 'B') isForGood = letter === 'b'
    else if (letter === 'c' || letter === 'C') failsClosed = letter === 'c'
    else if (letter === 'r' || letter === 'a') o.lists.push({ ...parseDnsList(letter === 'r' ? 'block' : 'allow', value), isForGood, failsClosed })
    else if (letter === 't') o.seconds = leadingNumber(value) ?? 0
    else if (letter === 'i') o.passesOn = true
    else if (letter === 'w') o.delay = leadingNumber(value) ?? 0
    else if (letter === 'W') o.delay = leadingNumber(env.GREETDELAY ?? '') ?? 0
  }
  const [program, ...rest] = operands
  if (program === undefined) throw new Usage(USAGE)
  return { ...o, program, args: rest }
}

/** Is this client to be turned away, by $RBLSMTPD or by the lists? */
const judge = async ({ lists }: RblOptions, env: Env): Promise<Block | undefined> => {
  const byVariable = blockByVariable(env.RBLSMTPD)
  if (byVariable !== undefined) return byVariable === 'letIn' ? undefined : byVariable
  const listing = await lookUp(systemResolver(env), lists, env.TCPREMOTEIP ?? '', LOOKUP_SECONDS)
  if (listing.kind !== 'blocked') return undefined
  return blockOf(listing.isSure && listing.list.isForGood ? 553 : 451, listing.text)
}

/** Talks to a client that is turned away, for so many seconds altogether. */
const turnAway = async (block: Block, seconds: number, input: Readable, output: Writable): Promise<number> => {
  const dialogue = new BlockDialogue(block, (text) => void output.write(text, 'latin1'))
  const { done } = new Conversation(input, output, dialogue, seconds)
  const timer = setTimeout(() => input.destroy(), seconds * 1000)
  dialogue.greet()
  await done
  clearTimeout(timer)
  return Exit.ok
}

const sayNo = (block: Block): Promise<number> =>
  new Promise((resolve) => {
    const output = writableFd(1)
    output.on('error', () => resolve(Exit.ok))
    output.write(replyLine(block), 'latin1', () => resolve(Exit.ok))
  })

/** Turns a client away that a list blocks, else becomes the program (spec network.md 2.5). Resolves with the exit code; throws Temporary. */
export const rblsmtpd = async (options: RblOptions, env: Env): Promise<number> => {
  const { seconds, passesOn, delay, program, args } = options
  const block = await judge(options, env)
  if (block && !passesOn) {
    logLine(2, blockLine(env.TCPREMOTEIP ?? '', process.pid, block))
    return seconds === 0 ? sayNo(block) : turnAway(block, seconds, readableFd(0), writableFd(1))
  }
  if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay * 1000))
  return becomeNamed(program, args, block ? { ...env, RBLSMTPD: `${block.code === 553 ? '-' : ''}${block.text}` } : env)
}
