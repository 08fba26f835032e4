import type { Bytes } from '../core/bytes.ts'
import { reason } from '../core/failure.ts'
import { hasLineEnd } from '../format/quote.ts'
import { type Connection, connectTo } from '../net/client.ts'
import type { Resolver } from '../net/dns.ts'
import { ownAddresses } from '../net/ipme.ts'
import { converse, type Delivery } from './conversation.ts'
import { badRecipientReport, badSenderReport, localReport, noConnectionReport, noRecipientReport } from './report.ts'
import { readSettings, routeOf, type Settings } from './settings.ts'
import { NoTarget, type Target, targetsOf } from './targets.ts'
import { checkTimeouts, forgetTimeouts, noteTimeout } from './tcpto.ts'

/** The first connection to be had, in order; none: undefined. Keeps the table of timeouts (spec network.md 6.3 step 7, 7). */
const connectToFirst = async (home: string, targets: readonly Target[], seconds: number): Promise<{ connection: Connection; ip: string } | undefined> => {
  for (const { ip, port } of targets) {
    const history = checkTimeouts(home, ip)
    if (history === 'skip') continue
    const connection = await connectTo(ip, port, seconds)
    if (connection === 'timeout') await noteTimeout(home, ip)
    else if (history === 'known') await forgetTimeouts(home, ip)
    if (typeof connection !== 'string') return { connection, ip }
  }
  return undefined
}

/** The reports of a delivery that no server can be asked for; undefined when there is something to send. */
const unsendable = ({ sender, recipients }: Delivery): Bytes | undefined => {
  if (hasLineEnd(sender)) return badSenderReport
  return recipients.every(hasLineEnd) ? badRecipientReport.repeat(recipients.length) + noRecipientReport : undefined
}

const attempt = async (home: string, delivery: Delivery, resolver: Resolver, settings: Settings): Promise<Bytes> => {
  const targets = await targetsOf(delivery.host, routeOf(delivery.host, settings.routes), resolver, ownAddresses)
  const found = await connectToFirst(home, targets, settings.connectSeconds)
  if (found === undefined) return noConnectionReport
  found.connection.limit(settings.talkSeconds)
  return converse(found.connection, found.ip, delivery, settings.helohost)
}

/** One delivery, from control files to reports (spec network.md 6). Never throws: all trouble is in the reports. */
export const deliver = async (home: string, delivery: Delivery, resolver: Resolver): Promise<Bytes> => {
  const refusal = unsendable(delivery)
  if (refusal !== undefined) return refusal
  let settings: Settings
  try {
    settings = readSettings(home)
  } catch (error) {
    return localReport(`Unable to read control files: ${reason(error)}`)
  }
  try {
    return await attempt(home, delivery, resolver, settings)
  } catch (error) {
    return error instanceof NoTarget ? error.report : localReport(`Trouble in qmail-remote: ${reason(error)}`)
  }
}
