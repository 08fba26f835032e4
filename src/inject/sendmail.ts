import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { Permanent, reason, Temporary, Usage } from '../core/failure.ts'
import { writeFd } from '../core/fdio.ts'
import { logLine } from '../core/logline.ts'
import type { Context, Env } from '../core/run.ts'
import { isOwn } from '../os/own.ts'
import { callerEnv } from './caller.ts'
import { unixLines } from './crlf.ts'
import { eachOnce, operandRecipients, Refusal, Sysexit } from './front-end.ts'
import { withoutQuotedFrom } from './mbox-from.ts'
import { messageOn } from './message-source.ts'
import { parseReportWishes } from './report-wishes.ts'
import { parseSendmailOptions, type SendmailOptions } from './sendmail-options.ts'
import { throughInject } from './through-inject.ts'

const MESSAGE_FD = 0
const USAGE = 'sendmail: usage: sendmail [ -t ] [ -fsender ] [ -Fname ] [ -bp ] [ -bs ] [ arg ... ]'

const become = async ({ home, env }: Context, program: string, added: Env = {}, args: string[] = []): Promise<never> => {
  const { becomeProgram } = await import('../os/exec.ts')
  return becomeProgram(join(home, 'bin', program), args, { ...env, ...added })
}

/** What qmail-smtpd is told when nobody has: the caller itself, who may relay (spec injection-admin.md 3.3). */
const smtpEnv = (env: Env): Env =>
  env.PROTO !== undefined
    ? {}
    : {
        RELAYCLIENT: '',
        DATABYTES: '0',
        PROTO: 'TCP',
        TCPLOCALIP: '127.0.0.1',
        TCPLOCALHOST: 'localhost',
        TCPREMOTEIP: '127.0.0.1',
        TCPREMOTEHOST: 'localhost',
        TCPREMOTEINFO: 'sendmail-bs'
      }

/** The queue, in sendmail's table; a qmail-qread that is not ours is run as qmail's sendmail does. */
const list = (context: Context): Promise<number> =>
  become(context, 'qmail-qread', {}, isOwn(join(context.home, 'bin', 'qmail-qread'), 'qmail-qread') ? ['--table'] : [])

const noAliases = (): never => {
  throw new Permanent('please use fastforward/newaliases instead')
}

const rebuildAliases = async (context: Context): Promise<number> => {
  const file = join(context.home, 'bin', 'newaliases')
  return existsSync(file) && !isOwn(file, 'sendmail') ? become(context, 'newaliases') : noAliases()
}

const count = async ({ home, env }: Context): Promise<number> => {
  const { runChild } = await import('../os/child.ts')
  const { stdout } = runChild(join(home, 'bin', 'qmail-qstat'), [], { stdio: ['ignore', 'pipe', 2], env })
  const number = /[0-9]+/.exec(stdout.toString('latin1'))?.[0]
  if (number === undefined) throw new Temporary('unable to count the queue')
  writeFd(1, `${number}\n`)
  return Exit.ok
}

/** -bv asks about its operands, and there must be some; -bt without operands about what is typed. */
const verification = async (context: Context, { mode, operands }: SendmailOptions): Promise<number> => {
  const { verify } = await import('./verify.ts')
  if (mode === 'verify' && operands.length === 0) throw new Refusal('no addresses to verify', Sysexit.usage)
  return verify(context, operands.length === 0 ? undefined : operands)
}

const flush = async ({ home }: Context): Promise<number> => {
  const { flushQueue } = await import('./flush.ts')
  flushQueue(home)
  return Exit.ok
}

/** Everybody once. Throws Refusal when there is nobody (spec injection-admin.md 13.2): mail to nobody would be lost in silence. */
const anybody = (recipients: Bytes[], unreadable?: Bytes): Bytes[] => {
  const chosen = eachOnce(recipients)
  if (chosen.length > 0) return chosen
  const why = unreadable === undefined ? '' : `, and unable to parse this line:\n${unreadable.trimEnd()}`
  throw new Refusal(`no recipients in the arguments or the header${why}`, Sysexit.data)
}

const operandsOf = ({ operands, useHeader }: SendmailOptions): Bytes[] => {
  const recipients = operandRecipients(operands)
  if (recipients.length === 0 && !useHeader) throw new Refusal('no recipients: name them as arguments, or in the header with -t', Sysexit.usage)
  return eachOnce(recipients)
}

const submitMessage = (context: Context, options: SendmailOptions): Promise<number> => {
  const args = [options.useHeader ? '-H' : '-a', ...(options.sender === undefined ? [] : ['-f', options.sender]), '--', ...operandsOf(options)]
  const env = callerEnv(context.env, options, process.getuid?.() ?? 0)
  const wishes = parseReportWishes(options)
  return throughInject({ ...context, args, env }, withoutQuotedFrom(unixLines(messageOn(MESSAGE_FD))), { choose: anybody, wishes })
}

const act = async (context: Context, options: SendmailOptions): Promise<number> => {
  if (options.mode === 'smtp') return become(context, 'qmail-smtpd', smtpEnv(context.env))
  if (options.mode === 'list' || (options.mode === 'submit' && context.invokedAs === 'mailq')) return list(context)
  if (options.mode === 'refused') throw new Usage(USAGE)
  if (context.invokedAs === 'newaliases') return noAliases()
  if (options.mode === 'aliases') return rebuildAliases(context)
  if (options.mode === 'count') return count(context)
  if (options.mode === 'verify' || options.mode === 'test') return verification(context, options)
  if (options.mode === 'nothing') return Exit.ok
  return options.isFlush ? flush(context) : submitMessage(context, options)
}

const parse = (context: Context): SendmailOptions => {
  try {
    return parseSendmailOptions(context.invokedAs, context.args)
  } catch (error) {
    if (error instanceof Usage) throw new Usage(`${error.message}\n${USAGE}`)
    throw error
  }
}

/** Everything below, qmail-inject's $QMAILMFTFILE too, is relative to the home. */
const goHome = (home: string): void => {
  try {
    process.chdir(home)
  } catch (error) {
    throw new Temporary(`unable to chdir: ${reason(error)}`, { cause: error })
  }
}

/** sendmail, mailq and newaliases, by the name they are called by (spec injection-admin.md 3, 13). Gives back the exit code; throws Permanent, Temporary. */
export const sendmail = async (context: Context): Promise<number> => {
  try {
    goHome(context.home)
    return await act(context, parse(context))
  } catch (error) {
    if (error instanceof Refusal) {
      logLine(2, `sendmail: fatal: ${error.message}`)
      return error.exit
    }
    if (!(error instanceof Usage)) throw error
    logLine(2, error.message)
    return Exit.permanent
  }
}
