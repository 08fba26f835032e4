import { readSetting } from '../control/read.ts'
import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { explain, Permanent, Temporary, Usage } from '../core/failure.ts'
import { getopt } from '../core/getopt.ts'
import { logLine } from '../core/logline.ts'
import type { Context, Env } from '../core/run.ts'
import { Cdb } from '../format/cdb.ts'
import { fileMessage } from '../os/message.ts'
import { notesFromDelivery } from '../submit/forwarded.ts'
import { after, submitWhole } from '../submit/whole.ts'
import { runOnMessage } from './commands.ts'
import { type ExpandWays, entriesIn, expand, type ForwardTable, findTarget } from './expand.ts'
import { isTextList, plusTargets, textEntries } from './sendmail-lists.ts'

const USAGE = 'fastforward: usage: fastforward [ -nNpPdD ] data.cdb'
const FD = { message: 0, report: 2 } as const

interface Options {
  isDryRun: boolean
  passThrough: boolean
  byDefault: boolean
  file: Bytes
}

const parse = (args: readonly Bytes[]): Options => {
  const { options, operands } = getopt('fastforward', 'nNpPdD', USAGE, args)
  const [file] = operands
  if (file === undefined) throw new Usage(USAGE)
  const is = (letter: string): boolean => options.findLast((o) => o.letter.toLowerCase() === letter)?.letter === letter
  return { isDryRun: is('n'), passThrough: is('p'), byDefault: is('d'), file }
}

const required = (env: Env, name: string): Bytes => {
  const value = env[name]
  if (value === undefined) throw new Permanent(`${name} not set`)
  return value
}

const addressOf = (env: Env, byDefault: boolean): Bytes =>
  byDefault ? `${env.DEFAULT ?? required(env, 'EXT')}@${required(env, 'HOST')}` : required(env, 'RECIPIENT')

const open = (file: Bytes): Cdb => {
  try {
    return new Cdb(file)
  } catch (error) {
    throw new Temporary(`unable to read ${explain(error)}`, { cause: error })
  }
}

const senderOf = (table: ForwardTable, address: Bytes, sender: Bytes): Bytes =>
  sender === '' || sender === '#@[]' ? sender : (findTarget(table, '?', address) ?? sender)

/** Runs `|command` on the message, and `!command` through preline. */
const runProgram = (command: Bytes, env: Env): void => {
  const shell = ['sh', '-c', command.slice(1)]
  const [file = '', ...args] = command.startsWith('!') ? ['preline', ...shell] : shell
  runOnMessage(file, args, FD.message, env)
}

const visible = (text: Bytes): Bytes => text.replace(/[^ -\x7f]/g, '_')
const say = (text: Bytes): void => logLine(FD.report, visible(text))

const describe = (sender: Bytes, recipients: readonly Bytes[]): void => {
  say(recipients.length === 0 ? 'no forwarding' : `from <${sender}>`)
  for (const recipient of recipients) say(`to <${recipient}>`)
}

const submit = async (home: string, env: Env, sender: Bytes, recipients: readonly Bytes[]): Promise<void> => {
  if (recipients.length === 0) return
  const pieces = after(env.DTLINE ?? '', fileMessage(FD.message).chunks())
  const notes = notesFromDelivery(env, sender, recipients)
  const qp = await submitWhole({ home, env }, { pieces, sender, recipients, notes }, (text) => `unable to forward message: ${text}`)
  logLine(FD.report, `fastforward: qp ${qp}`)
}

const waysOf = (home: string, env: Env, isDryRun: boolean, asSendmail: boolean): ExpandWays => {
  const isText = (file: Bytes): boolean => asSendmail && isTextList(file)
  return {
    runProgram: async (command) => (isDryRun ? say(`run ${command}`) : runProgram(command, env)),
    entriesIn: (file) => (isText(file) ? textEntries(home, file) : entriesIn(file)),
    withPrograms: isText
  }
}

/** The commands for an address. As sendmail reads it, what no alias is for `user+detail` is the user's. */
const commandsFor = (table: ForwardTable, address: Bytes, asSendmail: boolean): Bytes | undefined => {
  const [any, user] = asSendmail ? plusTargets(address) : []
  const found = findTarget(table, ':', address)
  if (found !== undefined || any === undefined) return found
  return findTarget(table, ':', any) ?? findTarget(table, ':', user ?? '') ?? `&${user}\0`
}

const notHere = (passThrough: boolean): number => {
  if (passThrough) return Exit.ok
  logLine(FD.report, 'Sorry, no mailbox here by that name. (#5.1.1)')
  return Exit.permanent
}

/** fastforward: forwards by a table that setforward or newaliases made (spec local-delivery.md 8.2). */
export const fastforward = async ({ args, env, home }: Context): Promise<number> => {
  const { isDryRun, passThrough, byDefault, file } = parse(args)
  const address = addressOf(env, byDefault)
  const table = open(file)
  const asSendmail = readSetting(home, 'sendmailaliases') === 1
  const sender = senderOf(table, address, env.SENDER ?? 'original envelope sender')
  const data = commandsFor(table, address, asSendmail)
  if (data === undefined) return notHere(passThrough)
  const recipients = await expand(table, data, waysOf(home, env, isDryRun, asSendmail))
  if (isDryRun) describe(sender, recipients)
  else await submit(home, env, sender, recipients)
  return passThrough ? Exit.skipRest : Exit.ok
}
