import type { Bytes } from '../core/bytes.ts'
import type { QueuedMessage } from '../queue/messages.ts'
import type { DroppedMessage } from './droplist.ts'

/** What stands above the first message. */
export const TABLE_HEAD = '-----Q-ID----- --Size-- -----Q-Time----- ------------Sender/Recipient-----------\n'
/** Recipients and remarks stand below the sender. */
const RECIPIENT_INDENT = '\t\t\t\t\t '
const REMARK_INDENT = ' '.repeat(17)

const shown = (text: Bytes): string => text.replace(/[^ -~]/g, '_')

/** `Fri Jun 19 11:26`, in local time, as all of sendmail's clocks. */
const time = (date: Date): string => date.toString().slice(0, 10) + date.toTimeString().slice(0, 5).padStart(6)

interface Row {
  id: string
  entered: Date
  bytes: number
  sender: Bytes
  remarks: string[]
  recipients: Bytes[]
}

const rowText = ({ id, entered, bytes, sender, remarks, recipients }: Row): string => {
  const lines = [
    `${id.padEnd(14)} ${String(bytes).padStart(8)} ${time(entered)} <${shown(sender)}>`,
    ...remarks.map((remark) => `${REMARK_INDENT}(${shown(remark)})`),
    ...recipients.map((address) => `${RECIPIENT_INDENT}<${shown(address)}>`)
  ]
  return `${lines.join('\n')}\n`
}

/** A message in sendmail's customary table: recipients that are not done. What vanished meanwhile, or cannot be read, is a remark. */
export const tableRow = ({ id, head, recipients, troubles }: QueuedMessage): string =>
  rowText({
    id: String(id),
    entered: head?.entered ?? new Date(0),
    bytes: head?.bytes ?? 0,
    sender: head?.sender ?? '',
    remarks: [...(head?.isHeld ? ['held by the administrator'] : []), ...(head?.isBouncing ? ['some recipients have failed'] : []), ...troubles],
    recipients: recipients.filter(({ isDone }) => !isDone).map(({ address }) => address)
  })

/** The same for a message that waits in drop/, or stands in the commit log. */
export const newTableRow = ({ drop, head, recipients, troubles }: DroppedMessage): string =>
  rowText({
    id: shown(drop),
    entered: head?.entered ?? new Date(0),
    bytes: head?.bytes ?? 0,
    sender: head?.sender ?? '',
    remarks: ['just accepted', ...troubles],
    recipients
  })

/** What stands below the last message. */
export const tableEnd = (messages: number): string => `\t\tTotal requests: ${messages}\n`
