import type { Bytes } from '../../core/bytes.ts'
import { readInfo } from '../../queue/info.ts'
import { warningsIn } from '../../queue/notes.ts'
import { CHANNELS, splitPath } from '../../queue/paths.ts'
import { exists } from '../files.ts'
import type { Delivery, Job } from '../message.ts'
import { FileRecords } from '../records.ts'
import { nowSeconds, type State } from '../state.ts'
import type { DelayNotice } from './delays.ts'
import { handOver } from './hand-over.ts'
import { bounceFor } from './text.ts'
import { setWarnings } from './warned.ts'
import { type Delayed, writeDelay } from './write-delay.ts'

/** So many reasons are remembered of one pass, and so much of each. */
const MAX_DEFERRALS = 500
const MAX_TEXT_BYTES = 2000
/** So many warnings may wait; what does not find room comes with the message's next pass. */
const MAX_WAITING = 1000
/** So many recipients are named in one warning. */
const MAX_RECIPIENTS = 10_000

/** How many of the ages of control/delaywarning a message has passed that is so many seconds old. */
const passed = ({ settings }: State, age: number): number => settings.notices.delays.filter((delay) => age >= delay).length

/** Remembers why a recipient was put off, if its sender may hear of it soon. */
export const noteDeferral = (state: State, { job, at }: Delivery, text: Bytes): void => {
  if (passed(state, nowSeconds() - job.birth) <= job.warnings) return
  job.deferrals ??= new Map()
  if (job.deferrals.size < MAX_DEFERRALS) job.deferrals.set(at, { text: text.slice(0, MAX_TEXT_BYTES), atMs: Date.now() })
}

/** A pass is over that left recipients: their sender is to be warned when the message has become too old for that the first time. */
export const considerDelay = (state: State, { id, birth, sender, channel, warnings: before, deferrals }: Job): void => {
  const warnings = passed(state, nowSeconds() - birth)
  if (warnings <= before || state.delays.length >= MAX_WAITING || bounceFor(sender, state.settings).kind !== 'single') return
  state.delays.push({ id, birth, sender, warnings, channel, deferrals })
}

/** The recipients of a message that are not done, on both channels. Throws system errors. */
const undoneOf = ({ id, channel, deferrals }: DelayNotice): Delayed['recipients'] => {
  const recipients: Delayed['recipients'] = []
  for (const from of CHANNELS) {
    const path = splitPath(from, id)
    if (!exists(path)) continue
    const records = new FileRecords(path)
    try {
      for (let one = records.next(); one !== undefined && recipients.length < MAX_RECIPIENTS; one = records.next())
        recipients.push({ address: one.address, deferral: from === channel ? deferrals?.get(one.at) : undefined })
    } finally {
      records.close()
    }
  }
  return recipients
}

/** What is still to be told, if it is: the message may have gone meanwhile, or its sender have been warned by the other channel. Throws system errors. */
const delayed = (state: State, notice: DelayNotice): { delayed: Delayed; before: number } | undefined => {
  const { id, birth, sender, warnings } = notice
  if (!exists(splitPath('info', id))) return undefined
  const info = readInfo(id)
  const before = warningsIn(info.notes)
  const bounce = bounceFor(sender, state.settings)
  if (info.birth !== birth || info.sender !== sender || before >= warnings || bounce.kind !== 'single') return undefined
  const recipients = undoneOf(notice)
  return recipients.length === 0 ? undefined : { delayed: { id, birth, bounce, recipients }, before }
}

const tell = async (state: State, notice: DelayNotice): Promise<void> => {
  const { id, warnings } = notice
  try {
    const found = delayed(state, notice)
    if (found === undefined) return
    setWarnings(id, warnings) // before it is sent: better none than many
    const { sender, recipient } = found.delayed.bounce
    const write = (to: Parameters<typeof writeDelay>[0]) => writeDelay(to, found.delayed, state.settings)
    if (!(await handOver(state, { sender, recipient, write }, (qp) => `notice msg ${id} qp ${qp}: delay`))) setWarnings(id, found.before)
  } catch {
    state.log.line(`warning: unable to warn of the delay of msg ${id}; will try again later`)
  }
}

/** Sends one warning that is due. False when there is none, or something is still being handed over. What fails is tried again after the message's next pass. */
export const delayStep = (state: State): boolean => {
  if (state.isBouncing || state.isExiting) return false
  const notice = state.delays.shift()
  if (notice === undefined) return false
  state.isBouncing = true
  void tell(state, notice).finally(() => {
    state.isBouncing = false
    state.wake()
  })
  return true
}
