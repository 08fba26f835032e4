import { accessSync, constants } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { reason, Temporary } from '../core/failure.ts'
import { writeFd } from '../core/fdio.ts'
import { dateText } from '../format/date822.ts'
import { queueFolder } from '../queue/paths.ts'
import { jsonLine } from './json.ts'
import { type QueuedMessage, queuedMessages } from './queuelist.ts'

const shown = (text: Bytes): string => text.replace(/[^ -~]/g, '_')

/** The lines qmail-qread prints for a message (spec injection-admin.md 6.2). */
export const messageLines = ({ id, head, recipients, troubles }: QueuedMessage): string => {
  const headLine = head && `${dateText(head.entered.getTime())} GMT  #${id}  ${head.bytes}  <${shown(head.sender)}> ${head.isBouncing ? ' bouncing' : ''}`
  const lines = [
    ...(headLine === undefined ? [] : [headLine]),
    ...recipients.map(({ channel, address, isDone }) => `${isDone ? '  done' : ''}\t${channel}\t${shown(address)}`),
    ...troubles.map((trouble) => `warning: trouble with #${id}: ${trouble}`)
  ]
  return `${lines.join('\n')}\n`
}

const enterQueue = (home: string): void => {
  try {
    accessSync(queueFolder(home), constants.X_OK)
  } catch (error) {
    throw new Temporary(`unable to chdir: ${reason(error)}`, { cause: error })
  }
}

/** Lists the queue on descriptor 1, as text or as one JSON object a line. A fatal problem is told there too: exit 111. */
export const listQueue = (home: string, isJson: boolean): number => {
  try {
    enterQueue(home)
    for (const message of queuedMessages(home)) writeFd(1, isJson ? jsonLine(message) : messageLines(message))
    return Exit.ok
  } catch (error) {
    writeFd(1, `fatal: ${error instanceof Temporary ? error.message : reason(error)}\n`)
    return Exit.temporary
  }
}
