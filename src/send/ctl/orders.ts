import type { Bytes } from '../../core/bytes.ts'
import { explain } from '../../core/failure.ts'
import type { ListedMessage, Verb } from '../../queue/ctl-wire.ts'
import { CHANNELS, splitPath } from '../../queue/paths.ts'
import { readHeader } from '../files.ts'
import { nowSeconds, type State } from '../state.ts'
import { leaveExpress } from '../todo/express.ts'
import type { Doom } from './control.ts'
import { describe } from './describe.ts'
import { end } from './settle.ts'

/** What changes something. */
export type Order = Exclude<Verb, 'list' | 'headers'>

/** What has become of a message; or why nothing has. `isMoot`: the order made no sense for it, which is told only of messages that were named. */
export type Result = { outcome: string } | { why: string; isMoot?: true }

const MAX_HEADER_BYTES = 65_536

const OUTCOMES: Record<Order, string> = {
  hold: 'held',
  release: 'released',
  retry: 'due now',
  delete: 'deleted',
  bounce: 'bounced'
}

const hold = ({ ctl, spawners, log }: State, id: number): void => {
  ctl.holds.hold(id)
  log.line(`qctl: hold msg ${id}`)
  for (const channel of CHANNELS) {
    const { waiting } = spawners[channel]
    const due = waiting.dueOf(id)
    if (due === undefined) continue
    waiting.remove(id)
    ctl.holds.park(id, channel, due)
  }
}

const release = ({ ctl, spawners, log }: State, id: number): void => {
  for (const [channel, due] of ctl.holds.release(id)) spawners[channel].waiting.insert(id, due)
  log.line(`qctl: release msg ${id}`)
}

const retry = ({ spawners, done }: State, id: number): boolean => {
  const now = nowSeconds()
  let isMoved = false
  for (const list of [spawners.local.waiting, spawners.remote.waiting, done]) {
    const due = list.dueOf(id)
    if (due === undefined) continue
    isMoved = true
    if (due > now) list.insert(id, now)
  }
  spawners.remote.waiting.byDestination.hurry(id)
  return isMoved
}

const finish = (state: State, id: number, doom: Doom): Result => {
  if (state.ctl.jobs(id).length > 0) {
    state.ctl.doomed.set(id, doom)
    return { outcome: `to be ${OUTCOMES[doom]} when its running deliveries have ended` }
  }
  const trouble = end(state, id, doom)
  return trouble === undefined ? { outcome: OUTCOMES[doom] } : { why: trouble }
}

/** Why an order makes no sense for a message that stands like this; undefined: it does. */
const objection = (state: State, order: Order, { id, state: where }: ListedMessage): string | undefined => {
  const isHeld = state.ctl.holds.has(id)
  if (state.ctl.doomed.has(id)) return 'its running deliveries are still awaited'
  if (order === 'hold' && isHeld) return 'it is held already'
  if (order === 'release' && !isHeld) return 'it is not held'
  if (order === 'retry' && isHeld) return 'it is held: release it'
  if (order === 'retry' && where === 'delivering') return 'it is being delivered'
  if (where === 'done' && (order === 'hold' || order === 'bounce')) return 'nobody is left to deliver it to'
  return undefined
}

/** The same for a message with files, at once. */
const obey = (state: State, order: Order, message: ListedMessage, isDryRun: boolean): Result => {
  const { id } = message
  const why = objection(state, order, message)
  if (why !== undefined) return { why, isMoot: true }
  if (isDryRun) return { outcome: `would be ${OUTCOMES[order]}` }
  try {
    if (order === 'hold') hold(state, id)
    else if (order === 'release') release(state, id)
    else if (order === 'retry') return retry(state, id) ? { outcome: OUTCOMES.retry } : { why: 'it is about to be looked at' }
    else return finish(state, id, order)
    return { outcome: OUTCOMES[order] }
  } catch (error) {
    return { why: explain(error) }
  }
}

/** Carries out an order on a message. One of the express lane gets its files first, however long that takes. */
export const carryOut = (state: State, order: Order, message: ListedMessage, isDryRun: boolean): Promise<Result> | Result => {
  const held = state.lane.get(message.id)
  if (held === undefined) {
    if (message.state === 'new') return { why: 'it is just coming in: try again' }
    return obey(state, order, message, isDryRun)
  }
  if (order === 'retry' || order === 'release') return { why: 'it is on its way', isMoot: true }
  if (isDryRun) return { outcome: `would be ${OUTCOMES[order]}` }
  return new Promise((resolve) => {
    leaveExpress(state, held, () => {
      const now = state.lane.get(message.id) === undefined ? describe(state, message.id) : undefined
      resolve(now === undefined ? { why: 'it has been delivered meanwhile' } : obey(state, order, now, false))
    })
    state.wake() // what it said to qmail-clean goes out when a turn is over
  })
}

/** A message's header, or its beginning, as it stands in the queue. Throws system errors. */
export const headerOf = (id: number): Bytes => readHeader(splitPath('mess', id), MAX_HEADER_BYTES)
