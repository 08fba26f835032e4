import { type Bytes, isAscii } from '../../core/bytes.ts'
import { isUtf8Address } from '../../format/unicode/utf8.ts'
import { verdict } from '../../queue/codes.ts'
import { isUtf8Noted, type NotesText, packNotes, requiresTls } from '../../queue/notes.ts'
import type { Submission } from '../../submit/submission.ts'
import type { State } from '../state.ts'
import { openDoor } from './door.ts'

/** A message of our own: its envelope, and how it is written. */
export interface Notice {
  sender: Bytes
  recipient: Bytes
  /** Rejects with system errors of reading. */
  write: (to: Submission) => Promise<void>
  /** The notes of the message it is about. Throws system errors. */
  about: () => NotesText
}

/** A notice to an address that is not ASCII needs SMTPUTF8 itself, if the message it is about came by that; one about a message that demands TLS demands it too (RFC 8689 5). */
const notesFor = ({ recipient, about }: Notice): NotesText | undefined => {
  const of = about()
  const isUtf8 = !isAscii(recipient) && isUtf8Address(recipient) && isUtf8Noted(of)
  return packNotes({ items: [...(isUtf8 ? ['utf8'] : []), ...(requiresTls(of) ? ['tls'] : [])], recipients: new Map() })
}

/** Returns the notice's `qp`; undefined when it was not taken. */
const send = async ({ sender, recipient, write }: Notice, notes: NotesText | undefined, to: Submission): Promise<number | undefined> => {
  try {
    await write(to)
  } catch {
    await to.abort()
    return undefined
  }
  const result = await to.finish(sender, [recipient], notes)
  return verdict(result).kind === 'ok' ? result.qp : undefined
}

/** What waited in todo/ for the verdict is taken up in the next turn. */
const letIn = (state: State): void => {
  for (const id of state.bounceOut?.waiting ?? []) {
    state.spokenFor.delete(id)
    state.found.add(id)
  }
  state.bounceOut = undefined
}

/** Hands a notice over to the queue; `said`: what the log says then. False, with a warning: not done. One at a time: within handingOver. */
export const handOver = async (state: State, notice: Notice, said: (qp: number) => string): Promise<boolean> => {
  const { log } = state
  const { sender, recipient } = notice
  let notes: NotesText | undefined
  try {
    notes = notesFor(notice)
  } catch {
    log.line('warning: trouble injecting bounce message, will try later')
    return false
  }
  let door: Submission
  try {
    door = await openDoor(state.settings, notes === undefined ? undefined : { sender, recipients: [recipient], notes })
  } catch {
    log.line('warning: unable to start qmail-queue, will try later')
    return false
  }
  state.bounceOut = { sender, recipient, waiting: [] }
  const qp = await send(notice, notes, door).catch(() => undefined)
  log.line(qp === undefined ? 'warning: trouble injecting bounce message, will try later' : said(qp))
  letIn(state)
  return qp !== undefined
}

/** Until this work is over, no other of its kind begins (state.isBouncing), and in the first gear nothing else either. It must not fail. */
export const handingOver = (state: State, work: () => Promise<void>): void => {
  state.isBouncing = true
  void work().finally(() => {
    state.isBouncing = false
    state.wake()
  })
}
