import { accessSync, constants } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { errorCode, reason, Temporary } from '../core/failure.ts'
import { writeFd } from '../core/fdio.ts'
import { logLine } from '../core/logline.ts'
import { dateText } from '../format/date822.ts'
import { jsonLine } from '../format/json.ts'
import type { Undone } from '../log/replay.ts'
import { type QueuedMessage, queuedMessages } from '../queue/messages.ts'
import { queueFolder } from '../queue/paths.ts'
import { parseTodo } from '../queue/todo.ts'
import { type DroppedMessage, droppedMessages } from './droplist.ts'
import { loggedMessages } from './logcount.ts'
import { newTableRow, TABLE_HEAD, tableEnd, tableRow } from './queuetable.ts'

const shown = (text: Bytes): string => text.replace(/[^ -~]/g, '_')

/** The lines qmail-qread prints for a message (spec injection-admin.md 6.2). */
export const messageLines = ({ id, head, recipients, troubles }: QueuedMessage): string => {
  const headLine =
    head &&
    `${dateText(head.entered.getTime())} GMT  #${id}  ${head.bytes}  <${shown(head.sender)}> ${head.isBouncing ? ' bouncing' : ''}${head.isHeld ? ' held' : ''}`
  const lines = [
    ...(headLine === undefined ? [] : [headLine]),
    ...recipients.map(({ channel, address, isDone }) => `${isDone ? '  done' : ''}\t${channel}\t${shown(address)}`),
    ...troubles.map((trouble) => `warning: trouble with #${id}: ${trouble}`)
  ]
  return `${lines.join('\n')}\n`
}

/** The lines for a message that waits in drop/, in the same shape; its file's name is what it has for a number. */
export const droppedLines = ({ drop, head, recipients, troubles }: DroppedMessage): string => {
  const lines = [
    ...(head === undefined ? [] : [`${dateText(head.entered.getTime())} GMT  #${shown(drop)}  ${head.bytes}  <${shown(head.sender)}> `]),
    ...recipients.map((address) => `\tdrop\t${shown(address)}`),
    ...troubles.map((trouble) => `warning: trouble with #${shown(drop)}: ${trouble}`)
  ]
  return `${lines.join('\n')}\n`
}

/** A message of the commit log in the shape of one that waits in drop/, under its number. */
const fromLog = ({ number, time, envelope, message }: Undone): DroppedMessage => {
  const { sender = '', recipients } = parseTodo(envelope.toString('latin1'))
  return { drop: String(number), head: { entered: new Date(time * 1000), bytes: message.length, sender }, recipients, troubles: [] }
}

/** How the list looks: `text` as qmail's, `json` one object a line, `table` as sendmail's. */
export type ListForm = 'text' | 'json' | 'table'

/** Prints messages as they are found. A table has its head and its end only when there is something in it. */
class Printer {
  readonly #form: ListForm
  #messages = 0

  constructor(form: ListForm) {
    this.#form = form
  }

  queued(message: QueuedMessage): void {
    this.#print(message, messageLines(message), () => tableRow(message))
  }

  logged({ drop, ...message }: DroppedMessage): void {
    const text = droppedLines({ drop, ...message }).replaceAll('\tdrop\t', '\tlog\t')
    this.#print({ log: drop, ...message }, text, () => newTableRow({ drop, ...message }))
  }

  dropped(message: DroppedMessage): void {
    this.#print(message, droppedLines(message), () => newTableRow(message))
  }

  #print(message: object, text: string, row: () => string): void {
    if (this.#form === 'table' && this.#messages === 0) writeFd(1, TABLE_HEAD)
    this.#messages++
    if (this.#form === 'json') writeFd(1, jsonLine(message))
    else writeFd(1, this.#form === 'table' ? row() : text)
  }

  end(): void {
    if (this.#form === 'table' && this.#messages > 0) writeFd(1, tableEnd(this.#messages))
  }
}

/** Lists what stands in the commit log only: it is on its way, not sorted by channel. */
const listLogged = (home: string, printer: Printer): void => {
  try {
    for (const undone of loggedMessages(queueFolder(home))) printer.logged(fromLog(undone))
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') logLine(2, `qmail-qread: warning: unable to read queue/log: ${reason(error)}`)
  }
}

/** Lists what waits in drop/. That it may not be looked into is told on descriptor 2, where no reader of the list trips over it: qmails may not. */
const listDropped = (home: string, printer: Printer): void => {
  try {
    for (const message of droppedMessages(home)) printer.dropped(message)
  } catch (error) {
    logLine(2, `qmail-qread: warning: unable to read drop: ${reason(error)}`)
  }
}

const isAccess = (cause: unknown): boolean => errorCode(cause) === 'EACCES'

const enterQueue = (home: string): void => {
  try {
    accessSync(queueFolder(home), constants.X_OK)
  } catch (error) {
    throw new Temporary(`unable to chdir: ${reason(error)}`, { cause: error })
  }
}

/** Lists the queue on descriptor 1. A fatal problem is told there too: exit 111. */
export const listQueue = (home: string, form: ListForm): number => {
  const printer = new Printer(form)
  try {
    enterQueue(home)
    for (const message of queuedMessages(home)) printer.queued(message)
    listLogged(home, printer)
    listDropped(home, printer)
    printer.end()
    return Exit.ok
  } catch (error) {
    writeFd(1, `fatal: ${error instanceof Temporary ? error.message : reason(error)}\n`)
    if (error instanceof Temporary && isAccess(error.cause))
      logLine(2, `qmail-qread: only root and qmails may list the queue in ${queueFolder(home)}: run this as root`)
    return Exit.temporary
  }
}
