import type { Bytes } from '../../core/bytes.ts'
import { dateMime } from '../../format/date822.ts'
import { diagnose } from '../../format/enhanced-status.ts'
import { readInfo } from '../../queue/info.ts'
import { type NotesText, notesOn, wants, warningsIn } from '../../queue/notes.ts'
import { CHANNELS, splitPath } from '../../queue/paths.ts'
import { withoutPrepend } from '../../queue/rewrite.ts'
import { exists } from '../files.ts'
import type { Delivery, Job } from '../message.ts'
import { FileRecords } from '../records.ts'
import type { SendSettings } from '../settings.ts'
import { nowSeconds, type State } from '../state.ts'
import { handingOver, handOver } from './hand-over.ts'
import type { Deferral, DelayNotice } from './notices.ts'
import { type Bounce, bounceFor } from './text.ts'
import { setWarnings } from './warned.ts'
import { type NoticeContents, writeNotice } from './write-notice.ts'

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

/** A recipient that its sender is to be told of. */
interface Late {
  address: Bytes
  orcpt: Bytes | undefined
  deferral: Deferral | undefined
}

/** The recipients of a message that are not done, on both channels, and whose senders want to hear of it. Throws system errors. */
const lateOf = ({ id, channel, deferrals }: DelayNotice, text: NotesText): Late[] => {
  const late: Late[] = []
  for (const from of CHANNELS) {
    const path = splitPath(from, id)
    if (!exists(path)) continue
    const notes = notesOn(text, from)
    const records = new FileRecords(path)
    try {
      for (let one = records.next(); one !== undefined && late.length < MAX_RECIPIENTS; one = records.next()) {
        const note = notes?.get(one.at)
        if (wants(note, 'D')) late.push({ address: one.address, orcpt: note?.orcpt, deferral: from === channel ? deferrals?.get(one.at) : undefined })
      }
    } finally {
      records.close()
    }
  }
  return late
}

const introduction = (host: Bytes, untilMs: number): Bytes =>
  `This is only a warning, from the qmail-send program at ${host}.
Your message could not be delivered to the addresses listed here yet. You
need not send it again: I will keep trying until ${dateMime(untilMs)}.

`

const contentsOf = ({ id, birth }: DelayNotice, bounce: Bounce, notes: NotesText, late: Late[], settings: SendSettings): NoticeContents => {
  const untilMs = (birth + settings.lifetimeSeconds) * 1000
  const recipients = late.map(({ address, orcpt, deferral }) => {
    const [recipient, words] = [withoutPrepend(address, settings.routing.virtualdomains), deferral?.text ?? '']
    return { words, report: { recipient, orcpt, action: 'delayed' as const, ...diagnose(words, '4'), lastMs: deferral?.atMs, untilMs } }
  })
  return { id, birth, bounce, notes, subject: 'delay notice', introduction: introduction(settings.bouncehost, untilMs), recipients }
}

/** What is still to be told, if it is: the message may have gone meanwhile, or its sender have been warned by the other channel. Throws system errors. */
const contents = (state: State, notice: DelayNotice): { contents: NoticeContents; before: number } | undefined => {
  const { id, birth, sender, warnings } = notice
  if (!exists(splitPath('info', id))) return undefined
  const info = readInfo(id)
  const before = warningsIn(info.notes)
  const bounce = bounceFor(sender, state.settings)
  if (info.birth !== birth || info.sender !== sender || before >= warnings || bounce.kind !== 'single') return undefined
  const late = lateOf(notice, info.notes)
  return late.length === 0 ? undefined : { contents: contentsOf(notice, bounce, info.notes, late, state.settings), before }
}

const tell = async (state: State, notice: DelayNotice): Promise<void> => {
  const { id, warnings } = notice
  try {
    const found = contents(state, notice)
    if (found === undefined) return
    setWarnings(id, warnings) // before it is sent: better none than many
    const { sender, recipient } = found.contents.bounce
    const write: Parameters<typeof handOver>[1]['write'] = (to) => writeNotice(to, found.contents, state.settings)
    if (!(await handOver(state, { sender, recipient, write, about: () => found.contents.notes }, (qp) => `notice msg ${id} qp ${qp}: delay`)))
      setWarnings(id, found.before)
  } catch {
    state.log.line(`warning: unable to warn of the delay of msg ${id}; will try again later`)
  }
}

/** Sends one warning that is due. False when there is none, or something is still being handed over. What fails is tried again after the message's next pass. */
export const delayStep = (state: State): boolean => {
  if (state.isBouncing || state.isExiting) return false
  const notice = state.delays.shift()
  if (notice === undefined) return false
  handingOver(state, () => tell(state, notice))
  return true
}
