import type { Bytes } from '../core/bytes.ts'
import { toBuffer } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { Permanent, Usage } from '../core/failure.ts'
import { chunks } from '../core/fdio.ts'
import type { Context } from '../core/run.ts'
import { treatList } from '../format/addresslist.ts'
import { type Field, splitHeader } from '../format/header.ts'
import { quoteAddress } from '../format/quote.ts'
import { tokenize, unquoted } from '../format/token822.ts'
import { submitWhole } from '../submit/whole.ts'

const USAGE = 'qreceipt: usage: qreceipt deliveryaddress'
const REQUEST = 'notice-requested-upon-delivery-to'

/** The addresses a field lists. Unparsable: Permanent. */
const addressesOf = ({ text }: Field): Bytes[] => {
  const tokens = tokenize(text.slice(text.indexOf(':') + 1))
  const found: Bytes[] = []
  const list =
    tokens &&
    treatList(tokens, (address) => {
      found.push(unquoted(address))
      return address
    })
  if (list === undefined) throw new Permanent(`unable to parse this: ${text.trimEnd()}`)
  return found
}

/** Does this header ask that delivery to the address be reported? */
const isAsked = (fields: readonly Field[], address: Bytes): boolean => fields.some((field) => field.name === REQUEST && addressesOf(field).includes(address))

const notice = (fields: readonly Field[], address: Bytes, sender: Bytes): Bytes => {
  const to = quoteAddress(sender).replaceAll('\n', '_')
  const id = fields.findLast(({ name }) => name === 'message-id')
  return [
    `From: DELIVERY NOTICE SYSTEM <${to}>\n`,
    `To: <${to}>\n`,
    'Subject: success notice\n\n',
    'This is the qreceipt program. You asked to be told: your message has been\n',
    `delivered to the address ${address.replaceAll('\n', '_')}.\n`,
    'Whether anybody has read it, nobody can tell you.\n\n',
    id === undefined ? '' : `Your ${id.text}`
  ].join('')
}

/** qreceipt: answers a request for a notice of delivery (spec local-delivery.md 5.1). */
export const receipt = async ({ args: [address], env, home }: Context): Promise<number> => {
  const sender = env.SENDER
  if (address === undefined || sender === undefined) throw new Usage(USAGE)
  const { fields } = splitHeader(chunks(0))
  if (!isAsked(fields, address) || sender === '' || sender === '#@[]') return Exit.ok
  await submitWhole({ home, env, isLast: true }, { pieces: [toBuffer(notice(fields, address, sender))], sender: '', recipients: [sender] })
  return Exit.ok
}
