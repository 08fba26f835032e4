import type { Bytes } from '../core/bytes.ts'
import { reason } from '../core/failure.ts'
import { hasLineEnd } from '../format/quote.ts'
import { type Connection, connectTo } from '../net/client.ts'
import type { Resolvers } from '../net/secure-dns.ts'
import { converse, type Outcome } from './conversation.ts'
import type { Delivery } from './delivery.ts'
import { SMTPS_PORT, tlsWith } from './host-tls.ts'
import { inALabels } from './international.ts'
import type { Manner } from './opening.ts'
import { badRecipientReport, badSenderReport, localReport, noConnectionReport, noRecipientReport } from './report.ts'
import { type Route, readSettings, routeOf, type Settings, senderRouteOf } from './settings.ts'
import { NoTarget, ownFor, type Target, targetsOf } from './targets.ts'
import { checkTimeouts, forgetTimeouts, noteTimeout } from './tcpto.ts'
import { inTurns, type Turn } from './turns.ts'

/** The reports of a delivery that no server can be asked for; undefined when there is something to send. */
const unsendable = ({ sender, recipients }: Delivery): Bytes | undefined => {
  if (hasLineEnd(sender)) return badSenderReport
  return recipients.every(hasLineEnd) ? badRecipientReport.repeat(recipients.length) + noRecipientReport : undefined
}

/** A connection to an address, or none. Keeps the table of timeouts (spec network.md 6.3 step 7, 7). */
const connectionTo = async (home: string, { ip, port }: Target, settings: Settings): Promise<Connection | undefined> => {
  const history = checkTimeouts(home, ip)
  if (history === 'skip') return undefined
  const connection = await connectTo(ip, port, settings.connectSeconds, settings.outgoingIp)
  if (connection === 'timeout') await noteTimeout(home, ip)
  else if (history === 'known') await forgetTimeouts(home, ip)
  return typeof connection === 'string' ? undefined : connection
}

/** One host, in one manner, and once more in another where that may help (spec modern.md 3.4). Undefined: no connection. */
const attemptAt = async (home: string, delivery: Delivery, target: Target, settings: Settings, manner: Manner): Promise<Outcome | undefined> => {
  const connection = await connectionTo(home, target, settings)
  if (connection === undefined) return undefined
  connection.limit(settings.talkSeconds)
  const outcome = await converse(connection, target.ip, delivery, settings, manner)
  return outcome.retry ? attemptAt(home, delivery, target, settings, outcome.retry) : outcome
}

/** Tries one address after another until one has heard us out; those that turn us away at the door are passed over while there are others. */
const attempt = async (home: string, given: Delivery, resolvers: Resolvers, settings: Settings): Promise<Turn> => {
  const route: Route | undefined = senderRouteOf(given.sender, settings.senders) ?? routeOf(given.host, settings.routes)
  const delivery = inALabels(given)
  const secure = settings.dane && (await resolvers.secure(settings.dane.trusted))
  const targets = await targetsOf(delivery.host, route, secure ?? resolvers.plain, ownFor(settings))
  let turn: Turn = { reports: noConnectionReport, count: delivery.recipients.length }
  for (const target of targets) {
    const tls = await tlsWith(home, route?.relay ?? delivery.host, target, settings, secure)
    if (typeof tls === 'string') {
      turn = { reports: tls, count: delivery.recipients.length }
      continue
    }
    const outcome = await attemptAt(home, delivery, target, settings, { tls, isTlsAtOnce: target.port === SMTPS_PORT, credentials: route?.credentials })
    if (outcome === undefined) continue
    turn = outcome
    if (!outcome.isAtTheDoor) break
  }
  return turn
}

const failure = (error: unknown): Bytes => (error instanceof NoTarget ? error.report : localReport(`Trouble in qmail-remote: ${reason(error)}`))

/** One delivery, from control files to reports (spec network.md 6). Never throws: all trouble is in the reports. */
export const deliver = async (home: string, delivery: Delivery, resolvers: Resolvers): Promise<Bytes> => {
  const refusal = unsendable(delivery)
  if (refusal !== undefined) return refusal
  let settings: Settings
  try {
    settings = readSettings(home)
  } catch (error) {
    return localReport(`Unable to read control files: ${reason(error)}`)
  }
  return inTurns(delivery, (part) =>
    attempt(home, part, resolvers, settings).catch((error: unknown) => ({ reports: failure(error), count: part.recipients.length }))
  )
}
