import type { Bytes } from '../core/bytes.ts'
import { dateText } from '../format/date822.ts'
import type { ListedMessage, ListedRecipient } from '../queue/ctl-wire.ts'

/** Text from outside, for a terminal: one line, no control characters. */
const shown = (text: Bytes): string =>
  text
    .replace(/\n+$/, '')
    .replace(/\n/g, '/')
    .replace(/[^ -~]/g, '_')

const date = (seconds: number): string => `${dateText(seconds * 1000)} GMT`

const recipientLine = ({ channel, address, isDone, tries, answer, answered }: ListedRecipient, next: number | undefined): string => {
  if (isDone) return `    ${channel}  ${shown(address)}  done`
  const told = [tries > 0 ? `tries: ${tries}` : '', next === undefined ? '' : `next: ${date(next)}`].filter((words) => words !== '').join('  ')
  const said = answer === undefined ? '' : `\n        ${answered === undefined ? '' : `${date(answered)}: `}${shown(answer)}`
  return `    ${channel}  ${shown(address)}${told === '' ? '' : `  ${told}`}${said}`
}

/** A message and its recipients, for people. */
export const messageText = (message: ListedMessage): string => {
  const { id, entered, bytes, sender, state, isBouncing, next, why, recipients, more, troubles } = message
  const lines = [
    `#${id}  ${date(entered)}  ${bytes}  <${shown(sender)}>  ${state}${isBouncing ? ', bouncing' : ''}: ${why}`,
    ...recipients.map((recipient) => recipientLine(recipient, next[recipient.channel])),
    ...(more > 0 ? [`    and ${more} more`] : []),
    ...troubles.map((trouble) => `    warning: ${trouble}`)
  ]
  return `${lines.join('\n')}\n`
}

/** What has become of a message, in a line. */
export const outcomeText = ({ id, sender }: ListedMessage, outcome: string): string => `#${id}  <${shown(sender)}>  ${outcome}\n`

/** A message's header, for a terminal: nothing in it may steer that. */
export const headerText = ({ id }: ListedMessage, header: Bytes): string => `#${id}\n${header.replace(/[^\n\t -~\xa0-\xff]/g, '_')}\n`
