import { fstatSync } from 'node:fs'
import { readSetting } from '../control/read.ts'
import { type Bytes, toBuffer } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { Permanent, reason, Temporary, Usage } from '../core/failure.ts'
import type { Context } from '../core/run.ts'
import { fileMessage } from '../os/message.ts'
import { deliverToMaildir, enterMaildir } from './maildir.ts'
import { PRIVATE_UMASK } from './once.ts'
import { addMessage, hasRoom, parseQuota, type Quota, rememberedQuota } from './quota.ts'

const USAGE = 'deliverquota: usage: deliverquota maildir [quota]'
const MESSAGE_FD = 0

const quotaOf = (maildir: Bytes, given: Bytes | undefined): Quota | undefined => {
  if (given === undefined || given === '') return rememberedQuota(maildir)
  const quota = parseQuota(given)
  if (quota === undefined) throw new Temporary(`${given} is no quota`)
  return quota
}

/** Trouble with the folder or what it remembers is temporary: mail waits rather than fails. */
const attempt = <T>(work: () => T): T => {
  try {
    return work()
  } catch (error) {
    if (error instanceof Temporary || error instanceof Permanent) throw error
    throw new Temporary(`trouble with the Maildir: ${reason(error)}`, { cause: error })
  }
}

/** deliverquota: delivers into a Maildir unless that would take it over its quota (Maildir++). Permanent or Temporary then, as control/quotabounce says. */
export const deliverQuota = ({ args: [folder, given], env, home }: Context): number => {
  const { RPLINE, DTLINE } = env
  if (folder === undefined || RPLINE === undefined || DTLINE === undefined) throw new Usage(USAGE)
  process.umask(PRIVATE_UMASK)
  const maildir = folder.replace(/\/+$/, '') || '/'
  const bounces = readSetting(home, 'quotabounce') === 1
  enterMaildir(maildir)
  const bytes = fstatSync(MESSAGE_FD).size + toBuffer(RPLINE + DTLINE).length
  const quota = attempt(() => quotaOf(maildir, given))
  if (quota !== undefined && !attempt(() => hasRoom(maildir, quota, bytes))) {
    throw bounces ? new Permanent('Mailbox is full. (#5.2.2)') : new Temporary('Mailbox is full. (#4.2.2)')
  }
  deliverToMaildir(maildir, { returnPath: RPLINE, deliveredTo: DTLINE, from: '' }, fileMessage(MESSAGE_FD), `,S=${bytes}`)
  // The message is delivered: what is remembered of it must not undo that. It is counted again when it matters.
  if (quota !== undefined) {
    try {
      addMessage(maildir, bytes)
    } catch {
      // counted again when the file is renewed
    }
  }
  return Exit.ok
}
