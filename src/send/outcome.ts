import type { Bytes } from '../core/bytes.ts'
import { wants } from '../queue/notes.ts'
import { splitPath } from '../queue/paths.ts'
import { withoutPrepend } from '../queue/rewrite.ts'
import { EXCHANGERS, LISTED, NEEDS_FILE, PASSED_ON, type Report, WRITTEN } from '../queue/spawnproto.ts'
import { noteDeferral } from './bounce/delay.ts'
import { noteFailures } from './bounce/note.ts'
import { noteSuccess } from './bounce/success.ts'
import { paragraph, TOO_LONG } from './bounce/text.ts'
import { isOneTooMany } from './destination/together.ts'
import { reachOf, wordOf } from './destination/word.ts'
import { markDone } from './files.ts'
import { closeJob, isLastOf } from './job.ts'
import { masked } from './log.ts'
import type { Company, Delivery } from './message.ts'
import type { Spawner } from './spawner.ts'
import { later, logStatus, nowSeconds, type State } from './state.ts'
import { leaveExpress } from './todo/express.ts'

const SLEEP_SECONDS = 10

/** Marks a recipient done, in memory while the message is in the express lane. The message's last one's file goes instead. False, with a warning: it will be tried again. */
const mark = ({ log }: State, { job, at }: Delivery): boolean => {
  if (job.held?.stage === 'express') {
    const recipient = job.held.recipients[job.channel].find((r) => r.at === at)
    if (recipient) recipient.isDone = true
  } else if (isLastOf(job)) job.unmarked = at
  else return markDone(log, splitPath(job.channel, job.id), at)
  return true
}

/** Notes a failure in bounce/ID, however often it takes, and only then goes on. */
const noteFailure = (state: State, { job, recipient }: Delivery, text: Bytes, then: () => void): void => {
  const words = paragraph(withoutPrepend(recipient, state.settings.routing.virtualdomains), text)
  const attempt = (): boolean => {
    try {
      noteFailures(job.id, words)
      return true
    } catch {
      state.log.line('alert: unable to append to bounce message; HELP! sleeping...')
      return false
    }
  }
  const again = (): void => {
    if (attempt()) {
      state.pending--
      then()
    } else later(state, SLEEP_SECONDS, again)
  }
  if (attempt()) then()
  else {
    state.pending++
    later(state, SLEEP_SECONDS, again)
  }
}

const end = (state: State, delivery: Delivery, isDone: boolean): void => {
  if (isDone) delivery.job.undone--
  delivery.job.running--
  closeJob(state, delivery.job)
}

/** What a report does to the queue. Anything but success needs the message's files: an express message gets them first. */
const apply = (state: State, delivery: Delivery, letter: Bytes, text: Bytes): void => {
  const done = (): void => end(state, delivery, mark(state, delivery))
  const isSilent = !wants(delivery.job.notes?.get(delivery.at), 'F')
  const failed = (): void => (delivery.job.held?.isForgotten ? end(state, delivery, false) : isSilent ? done() : noteFailure(state, delivery, text, done))
  const work = letter === 'D' ? failed : (): void => end(state, delivery, false)
  const { held } = delivery.job
  if (letter === 'K' || held?.isForgotten) done()
  else if (held !== undefined && held.stage !== 'sorted') leaveExpress(state, held, work)
  else work()
}

const WORDS: Record<string, string> = { K: 'success', Z: 'deferral', D: 'failure' }

/** What is under way in a slot ends without a word. */
const forgetSlot = (state: State, spawner: Spawner, slot: number): void => {
  for (let given = spawner.finish(slot); given !== undefined; given = given.next && spawner.finish(slot)) {
    given.destination?.end(given, 'nothing', Date.now())
    end(state, given, false)
  }
}

/** The host takes fewer recipients at a time: those it has not taken are due again at once. */
const learnTogether = ({ destination, reached }: Company, { job }: Delivery): void => {
  if (destination !== undefined) destination.together = reached
  job.retry = nowSeconds()
}

/** The spawner cannot deliver it from the commit log: it becomes files, and is handed over once more. Nothing of that shows. */
const handOverAsFile = (state: State, spawner: Spawner, slot: number, { job: { held } }: Delivery): void => {
  const again = (): void => {
    if (held?.isForgotten) forgetSlot(state, spawner, slot)
    else spawner.restart(slot)
  }
  if (held !== undefined && held.stage !== 'sorted') leaveExpress(state, held, again)
  else again()
}

/** What the report tells about the host, and its exchangers. */
const leaveDestination = ({ destinations }: State, { waiting: { byDestination } }: Spawner, delivery: Delivery, { letter, text }: Report): void => {
  const { destination, exchangers } = delivery
  if (destination === undefined) return
  destination.end(delivery, wordOf(letter, text), Date.now())
  const others = exchangers === undefined ? [] : destinations.meet(destination, exchangers, delivery, reachOf(letter, text))
  byDestination.touch(destination)
  for (const other of others) byDestination.touch(other)
}

/** Deals with one report (spec queue.md 5.7). */
export const takeReport = (state: State, spawner: Spawner, given: Report): void => {
  const isNoted = spawner.peek(given.slot)?.job.asked !== undefined
  const isPassedOn = isNoted && given.letter === PASSED_ON
  const isListed = isNoted && given.letter === LISTED
  const report = isPassedOn || isListed ? { ...given, letter: 'K' } : given
  if (report.letter === WRITTEN && spawner.written(report.slot)) {
    const job = spawner.peek(report.slot)?.job
    if (job !== undefined) spawner.places.giveIfOver(job)
    return
  }
  const waiting = report.letter === NEEDS_FILE ? spawner.peek(report.slot) : undefined
  if (waiting?.isFromLog && !waiting.job.held?.isForgotten) {
    handOverAsFile(state, spawner, report.slot, waiting)
    return
  }
  if (report.letter === EXCHANGERS && spawner.goesBy(report.slot, report.text)) return
  const delivery = spawner.finish(report.slot)
  if (delivery === undefined) {
    state.log.line('warning: internal error: delivery report out of range')
    return
  }
  leaveDestination(state, spawner, delivery, report)
  const { company } = delivery
  const isTooMany = isOneTooMany(company, report.letter, report.text)
  if (company !== undefined && isTooMany) learnTogether(company, delivery)
  if (company !== undefined && report.letter === 'K') company.reached++
  const isLast = report.letter === 'Z' && delivery.job.isDying && !isTooMany
  const letter = isTooMany ? 'Z' : isLast ? 'D' : report.letter
  const text = isLast ? report.text + TOO_LONG : report.text
  const word = WORDS[letter]
  state.log.line(`delivery ${delivery.number}: ${word === undefined ? 'report mangled, will defer' : `${word}: ${masked(text)}`}`)
  delivery.job.alarms = state.alarms
  if (letter === 'Z') noteDeferral(state, delivery, text)
  state.ctl.reported(delivery, letter, text, nowSeconds())
  if (letter === 'K' && !isPassedOn) noteSuccess(delivery, text, isListed)
  apply(state, delivery, letter, text)
  logStatus(state)
}
