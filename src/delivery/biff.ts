import { closeSync, constants, fstatSync, openSync, readFileSync, writeSync } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { chunks } from '../core/fdio.ts'
import type { Context } from '../core/run.ts'
import { splitHeader } from '../format/header.ts'
import { terminalsOf } from './utmp.ts'

const UTMP = '/var/run/utmp'
/** What is shown of the message. */
const MAX_TEXT_BYTES = 78
/** `biff y` sets this bit on a terminal. */
const WANTS_BIFF = 0o100

const masked = (text: Bytes, by: string): Bytes => text.replace(/[^ -~]/g, by)

/** The two lines shown for a message: whom it is for, and how it begins. */
export const biffText = (local: Bytes, sender: Bytes, message: Iterator<Buffer>): Bytes => {
  const { fields, body } = splitHeader(message)
  const subject = fields.find(({ name }) => name === 'subject')?.text.replace(/^[^:]*:\s*/, '') ?? ''
  const start = `    ${subject}${body.toString('latin1', 0, MAX_TEXT_BYTES)}`.slice(0, MAX_TEXT_BYTES)
  return `\r\n\x07${masked(`*** TO <${local}> FROM <${sender}>`, '_')}\r\n${masked(start, '/')}\r\n`
}

const tell = (terminal: string, text: Bytes): void => {
  const fd = openSync(`/dev/${terminal}`, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK | constants.O_NOCTTY)
  try {
    const { uid, mode } = fstatSync(fd)
    if (uid === process.getuid?.() && mode & WANTS_BIFF) writeSync(fd, Buffer.from(text, 'latin1'))
  } finally {
    closeSync(fd)
  }
}

/** qbiff: tells the user of new mail on each terminal that wants to know (spec local-delivery.md 5.2). Nothing that goes wrong matters. */
export const biff = ({ env: { USER: user, SENDER: sender, LOCAL: local } }: Context): number => {
  if (user === undefined || sender === undefined || local === undefined) return Exit.ok
  try {
    const terminals = terminalsOf(readFileSync(UTMP), user, process.arch)
    if (terminals.length === 0) return Exit.ok
    const text = biffText(local, sender, chunks(0))
    for (const terminal of terminals) {
      try {
        tell(terminal, text)
      } catch {
        // logged out, or not ours to write to: the next one
      }
    }
  } catch {
    // no utmp, or the message cannot be read: mail must not fail for that
  }
  return Exit.ok
}
