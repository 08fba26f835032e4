import { join } from 'node:path'
import { readSetting } from '../control/read.ts'
import { type Bytes, fsPath, lower } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { Temporary } from '../core/failure.ts'
import { getopt } from '../core/getopt.ts'
import { readNamedIfThere } from '../core/if-there.ts'
import { logLine } from '../core/logline.ts'
import type { Context, Env } from '../core/run.ts'
import { type Token, unquoted } from '../format/token822.ts'
import { fileMessage } from '../os/message.ts'
import { feedProgram } from '../os/piped.ts'
import { notesFromDelivery } from '../submit/forwarded.ts'
import { after, submitWhole } from '../submit/whole.ts'
import { judge, runOnMessage } from './commands.ts'
import { itemsOf } from './items.ts'
import { type Domains, hasDomain, qualify, readDomains } from './qualify.ts'
import { type SendmailItem, sendmailItems } from './sendmail-items.ts'

const USAGE = 'dot-forward: usage: dot-forward [ -nN ] file ...'
const FD = { message: 0, report: 2 } as const

/** One address of a .forward file, as what is to be done with it. */
export type Step = { kind: 'direct' } | { kind: 'nothing' } | { kind: 'command' | 'forward' | 'file' | 'include'; argument: Bytes }

/** Whose .forward it is, and how addresses become complete. */
interface Owner {
  user: Bytes
  host: Bytes
  domains: Domains
  /** The file is read as sendmail reads it. */
  asSendmail: boolean
}

const isOwner = (text: Bytes, isFull: boolean, { user, host }: Owner): boolean => lower(text) === lower(isFull ? `${user}@${host}` : user)

const stepOf = (address: Token[], owner: Owner): Step => {
  const text = unquoted(address)
  const isFull = hasDomain(address)
  if (text === '') return { kind: 'nothing' }
  if (isOwner(text, isFull, owner)) return { kind: 'direct' }
  if (!isFull && text.startsWith('/')) throw new Temporary(`file delivery to ${text} is not supported`)
  if (!isFull && text.startsWith('|')) return { kind: 'command', argument: text.slice(1) }
  return { kind: 'forward', argument: qualify(address, owner.domains) }
}

/** The same as sendmail means it (spec local-delivery.md 9). */
const sendmailStepOf = (item: SendmailItem, owner: Owner): Step => {
  if (item.kind === 'address') return stepOf(item.tokens, owner)
  return { kind: item.kind === 'program' ? 'command' : item.kind, argument: item.argument }
}

/** The steps a line of .forward asks for, the rightmost address first (spec local-delivery.md 7). Temporary when it cannot be read. */
function* stepsOf(line: Bytes, owner: Owner): Generator<Step> {
  if (line.startsWith('#')) return
  if (owner.asSendmail) {
    const found = sendmailItems(line)
    if (found === undefined) throw new Temporary(`unable to parse this line: ${line}`)
    for (const item of found) yield sendmailStepOf(item, owner)
    return
  }
  const items = itemsOf(line, false)
  if (items === undefined) throw new Temporary(`unable to parse this line: ${line}`)
  for (const item of items) if (item.kind === 'address') yield stepOf(item.tokens, owner)
}

/** How the steps are carried out, or only said. */
interface Ways {
  command: (command: Bytes) => Promise<void>
  file: (path: Bytes) => void
  /** Called for each recipient as it is read; forward, once for all of them, at the end of the file. */
  recipient: (address: Bytes) => void
  forward: (recipients: readonly Bytes[]) => Promise<void>
  direct: () => void
  skip: (file: Bytes) => void
}

const textOf = (file: Bytes): Bytes | undefined => readNamedIfThere(fsPath(file), file)

/** Lists within lists end somewhere. */
const MAX_DEPTH = 10

/** What one file has said so far. */
interface Said {
  recipients: Bytes[]
  isDirect: boolean
  isBusy: boolean
}

const take = async (step: Step, said: Said, owner: Owner, ways: Ways, depth: number): Promise<void> => {
  said.isBusy ||= step.kind !== 'nothing'
  if (step.kind === 'direct') said.isDirect = true
  else if (step.kind === 'command') await ways.command(step.argument)
  else if (step.kind === 'file') ways.file(step.argument)
  else if (step.kind === 'include') await include(step.argument, said, owner, ways, depth + 1)
  else if (step.kind === 'forward') {
    ways.recipient(step.argument)
    said.recipients.push(step.argument)
  }
}

/** Takes the lines of a file one after another; trouble names file and line. */
const takeLines = async (file: Bytes, text: Bytes, said: Said, owner: Owner, ways: Ways, depth: number): Promise<void> => {
  for (const [i, line] of text.split('\n').entries()) {
    try {
      for (const step of stepsOf(line, owner)) await take(step, said, owner, ways, depth)
    } catch (error) {
      if (error instanceof Temporary && error.message !== '') throw new Temporary(`${file} line ${i + 1}: ${error.message}`, { cause: error })
      throw error
    }
  }
}

const include = async (file: Bytes, said: Said, owner: Owner, ways: Ways, depth: number): Promise<void> => {
  const text = textOf(file)
  if (text === undefined) throw new Temporary(`unable to read ${file}: file does not exist`)
  if (depth > MAX_DEPTH) throw new Temporary(`${file} is the end of too many lists within lists`)
  await takeLines(file, text, said, owner, ways, depth)
}

/** Does what one file says. Undefined: it says nothing. */
const obey = async (file: Bytes, text: Bytes, owner: Owner, ways: Ways): Promise<number | undefined> => {
  const said: Said = { recipients: [], isDirect: false, isBusy: false }
  await takeLines(file, text, said, owner, ways, 0)
  if (!said.isBusy) return undefined
  if (said.recipients.length > 0) await ways.forward(said.recipients)
  if (said.isDirect) ways.direct()
  return said.isDirect ? Exit.ok : Exit.skipRest
}

const describing = (): Ways => {
  const say = (text: Bytes): void => logLine(FD.report, text)
  return {
    command: async (command) => say(`pipe through ${command}`),
    file: (path) => say(`file ${path}`),
    recipient: (address) => say(`forward ${address}`),
    forward: async () => {},
    direct: () => say('direct delivery'),
    skip: (file) => say(`skipping empty file ${file}`)
  }
}

const delivering = (home: string, env: Env): Ways => {
  const { UFLINE = '', RPLINE = '', DTLINE = '', NEWSENDER = '' } = env
  const message = fileMessage(FD.message)
  return {
    command: async (command) => {
      const pieces = after(UFLINE + RPLINE + DTLINE, message.chunks())
      judge((await feedProgram(['/bin/sh', '-c', command], pieces, env)).code)
    },
    file: (path) => {
      if (path !== '/dev/null') runOnMessage(join(home, 'bin', 'delivermbox'), [path], FD.message, env)
    },
    recipient: () => {},
    forward: async (recipients) => {
      const whole = { pieces: after(DTLINE, message.chunks()), sender: NEWSENDER, recipients, notes: notesFromDelivery(env, NEWSENDER, recipients) }
      const qp = await submitWhole({ home, env }, whole, (text) => `unable to forward message: ${text}`)
      logLine(FD.report, `dot-forward: info: qp ${qp}`)
    },
    direct: () => {},
    skip: () => {}
  }
}

/** dot-forward: does what sendmail's users wrote into their .forward (spec local-delivery.md 7). Exit 99: done; 0: deliver as well, or there was nothing to do. */
export const dotForward = async ({ args, env, home }: Context): Promise<number> => {
  const { options, operands } = getopt('dot-forward', 'nN', USAGE, args)
  const ways = options.at(-1)?.letter === 'n' ? describing() : delivering(home, env)
  const owner = { user: env.USER ?? '', host: env.HOST ?? '', domains: readDomains(home), asSendmail: readSetting(home, 'sendmailaliases') === 1 }
  for (const file of operands) {
    const text = textOf(file)
    const exit = text === undefined ? undefined : await obey(file, text, owner, ways)
    if (exit !== undefined) return exit
    if (text !== undefined) ways.skip(file)
  }
  ways.direct()
  return Exit.ok
}
