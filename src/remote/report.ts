import type { Bytes } from '../core/bytes.ts'
import type { Reply } from '../net/client-reply.ts'

/** One report of qmail-remote: its letter (spec network.md 6.1), text for people that ends with LF, and what the server said, if it did. */
export const report = (letter: 'r' | 'h' | 's' | 'K' | 'Z' | 'D', text: Bytes = '', said?: Reply): Bytes =>
  `${letter}${text}${said === undefined ? '' : `Remote host said: ${said.text}`}\0`

/** Behind all others: the server took what the sender asked for (RFC 3461); nobody else reads so far. */
export const DSN_REPORT = '+dsn\0'

/** Behind all others, under qmail-rspawn in the second gear: the host's mail exchangers. */
export const exchangersReport = (names: Bytes): Bytes => `+mx=${names}\0`

/** A name of strangers, for people to see. */
export const masked = (host: Bytes): Bytes => host.replace(/[^!-~]/g, '?')

/** The reports that need nothing but words. Programs that read bounces know some of them by heart: test/interop/bounce-parsers.test.ts. */
export const usageReport = report('D', 'I (qmail-remote) was invoked improperly. (#5.3.5)\n')
export const dnsReport = report('Z', "Sorry, I couldn't find any host by that name. (#4.1.2)\n")
export const noAddressReport = report('D', "Sorry, I couldn't find a mail exchanger or IP address. (#5.4.4)\n")
export const selfReport = report(
  'D',
  "Sorry. Although I'm listed as a best-preference MX or A for that host, it is not in my control/locals file, so I do not treat it as local. (#5.4.6)\n"
)
export const nullMxReport = (host: Bytes): Bytes => report('D', `Sorry, ${masked(host)} says that it takes no mail at all. (#5.1.10)\n`)
export const tooLargeReport = (ip: string): Bytes => report('D', `Sorry, the message is too large for ${ip}. (#5.3.4)\n`)
export const notInternationalReport = (ip: string, status: '5.6.7' | '5.6.9'): Bytes =>
  report('D', `${ip} does not take internationalised mail. (#${status})\n`)
export const notEightBitReport = (ip: string): Bytes => report('D', `${ip} does not take 8-bit data. (#5.6.3)\n`)
export const noConnectionReport = report('Z', "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n")
export const partialLineReport = report('D', 'SMTP cannot transfer messages with partial final lines. (#5.6.2)\n')

export const noHostReport = (host: Bytes): Bytes => report('D', `Sorry, I couldn't find any host named ${masked(host)}. (#5.1.2)\n`)
/** Trouble of our own. */
export const localReport = (what: Bytes): Bytes => report('Z', `${what}. (#4.3.0)\n`)
export const diedReport = (ip: string, mayBeDuplicate: boolean): Bytes =>
  report('Z', `Connected to ${ip} but connection died. ${mayBeDuplicate ? 'Possible duplicate! ' : ''}(#4.4.2)\n`)

/** Addresses that would be more than one line of SMTP are never sent. */
export const badSenderReport = report('D', "Sorry, I can't send a sender address with a line break in it. (#5.1.7)\n")
export const badRecipientReport = report('h', "Sorry, I can't send an address with a line break in it. (#5.1.3)\n")
export const noRecipientReport = report('D', 'No recipient has an address that can be sent. (#5.1.3)\n')
