import type { Bytes } from '../core/bytes.ts'
import { reason } from '../core/failure.ts'
import { waivesTls } from '../format/header.ts'
import { hasLineEnd } from '../format/quote.ts'
import { type Connection, connectTo } from '../net/client.ts'
import type { Resolvers } from '../net/secure-dns.ts'
import { coprocessorFor } from './client-certificate.ts'
import { converse, type Outcome } from './conversation.ts'
import type { Delivery } from './delivery.ts'
import { type Demand, SMTPS_PORT, tlsWith } from './host-tls.ts'
import { inALabels } from './international.ts'
import type { Manner } from './opening.ts'
import { headerOf } from './pieces.ts'
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

/** What the message demands of TLS. */
const demandOf = ({ notes }: Delivery, { enforcesRequireTls }: Settings): Demand => {
  if (!notes?.items.includes('tls')) return 'nothing'
  return enforcesRequireTls ? 'verify' : 'encrypt'
}

/** A sender that wants its message to arrive whatever TLS there is (RFC 8689 4.2.2) does without what DNS says of it. */
const daneOf = ({ notes }: Delivery, { dane }: Settings): Settings['dane'] =>
  notes?.items.includes('notls') && !notes.items.includes('tls') && dane?.required === undefined ? undefined : dane

/** Tries one address after another until one has heard us out; those that turn us away at the door are passed over while there are others. */
const attempt = async (home: string, given: Delivery, resolvers: Resolvers, read: Settings): Promise<Turn> => {
  const settings = { ...read, dane: daneOf(given, read), coprocessor: coprocessorFor(home, given.sender, read.tls) }
  const demand = demandOf(given, settings)
  const isWaived = async (): Promise<boolean> => waivesTls(await headerOf(given.message))
  const route: Route | undefined = senderRouteOf(given.sender, settings.senders) ?? routeOf(given.host, settings.routes)
  const delivery = inALabels(given)
  const secure = settings.dane && (await resolvers.secure(settings.dane.trusted))
  const targets = await targetsOf(delivery.host, route, secure ?? resolvers.plain, ownFor(settings))
  const exchangers = targets[0]?.exchangers
  const ofAll = (reports: Bytes): Turn => ({ reports, count: delivery.recipients.length, exchangers })
  let turn = ofAll(noConnectionReport)
  /** What a host said that may be better another time: for that alone, what demands TLS does not come back. */
  let hope: Turn | undefined
  for (const target of targets) {
    const tls = await tlsWith(home, route?.relay ?? delivery.host, target, settings, secure, { demand, isWaived })
    const manner = { isTlsAtOnce: target.port === SMTPS_PORT, credentials: route?.credentials }
    const outcome = typeof tls === 'string' ? undefined : await attemptAt(home, delivery, target, settings, { ...manner, tls })
    if (outcome !== undefined && !outcome.isAtTheDoor) return { ...outcome, exchangers }
    const refusal: Turn = outcome === undefined ? ofAll(typeof tls === 'string' ? tls : noConnectionReport) : { ...outcome, exchangers }
    if (refusal.reports.startsWith('Z')) hope = refusal
    if (outcome !== undefined || typeof tls === 'string') turn = refusal
  }
  return demand === 'verify' ? (hope ?? turn) : turn
}

const failure = (error: unknown): Bytes => (error instanceof NoTarget ? error.report : localReport(`Trouble in qmail-remote: ${reason(error)}`))

/** One delivery, from control files to reports (spec network.md 6). `settingsNow`: what control/ says. Never throws: all trouble is in the reports. */
export const deliver = async (home: string, delivery: Delivery, resolvers: Resolvers, settingsNow = (): Settings => readSettings(home)): Promise<Bytes> => {
  const refusal = unsendable(delivery)
  if (refusal !== undefined) return refusal
  let settings: Settings
  try {
    settings = settingsNow()
  } catch (error) {
    return localReport(`Unable to read control files: ${reason(error)}`)
  }
  return inTurns(delivery, (part) =>
    attempt(home, part, resolvers, settings).catch((error: unknown) => ({ reports: failure(error), count: part.recipients.length }))
  )
}
