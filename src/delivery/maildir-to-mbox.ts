import { closeSync, constants, fsyncSync, openSync, renameSync, unlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Bytes, fsPath } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { reason, Temporary } from '../core/failure.ts'
import { chunks, writeFd } from '../core/fdio.ts'
import { logLine } from '../core/logline.ts'
import type { Context, Env } from '../core/run.ts'
import { dateMbox } from '../format/date822.ts'
import { mboxLines } from '../format/mbox-lines.ts'
import { lockMbox } from '../locks/mbox-lock.ts'
import { syncFolder } from '../os/durable.ts'
import { type MaildirFile, messagesBefore, sweepTmp } from './maildir-files.ts'

/** Whoever holds the mailbox may take a day. */
const LOCK_SECONDS = 86_400
/** So much of a message's first line is looked at for the sender. */
const RETURN_PATH = /^Return-Path: <([^\n]*)>[^\n]*\n/

const { O_RDWR, O_APPEND, O_CREAT } = constants

const step = <T>(words: string, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    throw error instanceof Temporary ? error : new Temporary(`${words}: ${reason(error)}`, { cause: error })
  }
}

const setting = (env: Env, name: string): Bytes => {
  const value = env[name]
  if (value === undefined) throw new Temporary(`${name} not set`)
  return value
}

/** The word after `From `: the message's sender, by its first line. */
const senderOf = (start: Bytes): Bytes => {
  const sender = RETURN_PATH.exec(start)?.[1]
  if (sender === undefined) return 'XXX'
  return sender === '' ? 'MAILER-DAEMON' : sender.replace(/[ \t]/g, '-')
}

function* chained(first: Buffer | undefined, rest: Iterable<Buffer>): Generator<Buffer> {
  if (first) yield first
  yield* rest
}

const appendMessage = (to: number, { path, milliseconds }: MaildirFile): void => {
  const fd = openSync(fsPath(path), 'r')
  try {
    const pieces = chunks(fd)
    const first = pieces.next().value as Buffer | undefined
    writeFd(to, `From ${senderOf(first?.toString('latin1') ?? '')} ${dateMbox(milliseconds)}\n`)
    for (const piece of mboxLines(chained(first, pieces))) writeFd(to, piece)
  } finally {
    closeSync(fd)
  }
}

/** Writes the new mailbox, the old one and the messages, and makes it durable. */
const writeNew = (temporary: Bytes, old: number, messages: readonly MaildirFile[]): void => {
  const fd = openSync(fsPath(temporary), 'w', 0o600)
  try {
    for (const piece of chunks(old)) writeFd(fd, piece)
    for (const message of messages) step(`unable to copy $MAILDIR/${message.path} to ${temporary}`, () => appendMessage(fd, message))
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

const forget = ({ path }: MaildirFile): void => {
  try {
    unlinkSync(fsPath(path))
  } catch (error) {
    logLine(2, `maildir2mbox: warning: $MAILDIR/${path} will be delivered twice; unable to unlink: ${reason(error)}`)
  }
}

/**
 * maildir2mbox: moves the messages of $MAILDIR to the end of the mbox $MAIL, by way of $MAILTMP (spec local-delivery.md 5.3). Unlike
 * qmail's it keeps a partial last line, and makes the new name durable before the messages go. Throws Temporary; the old mailbox then stands.
 */
export const maildirToMbox = ({ env }: Context): number => {
  const [mail, temporary, maildir] = [setting(env, 'MAIL'), setting(env, 'MAILTMP'), setting(env, 'MAILDIR')]
  process.umask(0o077)
  step(`unable to chdir to ${maildir}`, () => process.chdir(maildir))
  const now = Date.now()
  sweepTmp(now)
  const messages = messagesBefore(now)
  if (messages.length === 0) return Exit.ok
  const mbox = step(`unable to lock ${mail}`, () => lockMbox(mail, () => openSync(fsPath(mail), O_RDWR | O_APPEND | O_CREAT, 0o600), LOCK_SECONDS))
  if (mbox === undefined) throw new Temporary(`unable to lock ${mail}: somebody else has it`)
  try {
    step(`unable to write to ${temporary}`, () => writeNew(temporary, mbox.fd, messages))
    step(`unable to move ${temporary} to ${mail}`, () => renameSync(fsPath(temporary), fsPath(mail)))
    step(`unable to sync ${dirname(mail)}`, () => syncFolder(dirname(mail)))
    for (const message of messages) forget(message)
  } finally {
    mbox.release()
  }
  return Exit.ok
}
