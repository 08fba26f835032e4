import { utimesSync } from 'node:fs'
import { join } from 'node:path'
import { parentGone, tellParent } from '../os/parent.ts'
import { CHANNELS, splitPath } from '../queue/paths.ts'
import { delayStep } from './bounce/delay.ts'
import { successDue, successStep } from './bounce/success.ts'
import { clockSet } from './clock/set.ts'
import { ClockWatch } from './clock/watch.ts'
import { domainStep } from './ctl/domains.ts'
import { CtlServer } from './ctl/server.ts'
import { DueList } from './due-list.ts'
import { finishStep } from './finish.ts'
import type { Log } from './log.ts'
import { takeReport } from './outcome.ts'
import { passDue, passStep } from './pass/step.ts'
import { reread, tune } from './reread.ts'
import type { SendSettings } from './settings.ts'
import { FD } from './start.ts'
import { admitAll, unseenStep } from './startup.ts'
import { logStatus, newState, nowSeconds, type State } from './state.ts'
import { Sweep } from './sweep.ts'
import { arrivalStep, laneStep } from './todo/arrivals.ts'
import { closeExpress, expressDue, expressStep, forget } from './todo/express.ts'
import { largeStep } from './todo/large-step.ts'
import { TodoScan } from './todo/scan.ts'
import { mayTakeUp } from './todo/take-up.ts'
import { Trigger } from './todo/trigger.ts'

/** Rounds in one turn of the loop before events are looked at again. */
const ROUNDS_PER_TURN = 16
/** No longer, so that a clock that is set is noticed. */
const MAX_SLEEP_SECONDS = 300

/** The daemon: owner of all state, and of the order in which things happen (spec queue.md 5.3). */
export class Loop {
  readonly #state: State
  readonly #scan = new TodoScan()
  readonly #sweep = new Sweep()
  readonly #trigger: Trigger
  readonly #ctl: CtlServer
  readonly #clock = new ClockWatch()
  #isScheduled = false
  /** All that waits in the queue is known. */
  #isReady = false
  /** qmail-clean is lost. */
  #isAlone = false
  #timer: NodeJS.Timeout | undefined
  #resolve: () => void = () => {}
  #reject: (error: unknown) => void = () => {}

  constructor(settings: SendSettings, log: Log) {
    const wake = (): void => this.#wake()
    this.#state = newState(settings, log, wake)
    this.#ctl = new CtlServer(this.#state)
    tune(this.#state)
    this.#trigger = new Trigger(log, () => {
      this.#scan.pull()
      wake()
    })
  }

  /** Works until SIGTERM, or until a neighbour is lost. Unexpected errors are thrown. */
  async run(): Promise<void> {
    const end = new Promise<void>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#listen()
    await Promise.race([this.#begin(), end])
    return end
  }

  async #begin(): Promise<void> {
    await this.#state.commits?.connect(join(this.#state.settings.home, 'run', 'send', 'log'))
    await admitAll(this.#state)
    if (this.#state.isExiting) return
    this.#isReady = true
    logStatus(this.#state)
    await this.#ctl.open()
    this.#trigger.open()
    this.#wake()
  }

  #listen(): void {
    process.on('SIGTERM', () => this.#exit())
    process.on('SIGALRM', () => {
      this.#state.alarms++
      this.#state.destinations.forgive()
      for (const channel of CHANNELS) this.#state.spawners[channel].waiting.allDue(nowSeconds())
      this.#lookAgain()
    })
    process.on('SIGHUP', () => {
      reread(this.#state)
      this.#lookAgain()
    })
    if (!this.#state.settings.isResident) return
    parentGone(FD.parent, () => this.#exit())
    tellParent(FD.parent)
  }

  /** Somebody may have mended something. */
  #lookAgain(): void {
    this.#trigger.reopen()
    for (const id of this.#state.resting.rested(true)) this.#state.found.add(id)
    this.#scan.pull()
    this.#wake()
  }

  /** From now on nothing new is begun: what waits to be finished is found again at the next start. */
  #exit(): void {
    if (!this.#state.isExiting) {
      this.#state.isExiting = true
      this.#state.done = new DueList()
      closeExpress(this.#state)
    }
    this.#wake()
  }

  #wake(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => this.#turn())
  }

  /** One turn: what has been heard, then a little of everything there is to do, then what is to be said. */
  #turn(): void {
    this.#isScheduled = false
    try {
      const { isResident } = this.#state.settings
      if (this.#state.isBouncing && !isResident) return
      this.#hear()
      if (!this.#isReady && !this.#state.isExiting) return
      const jump = this.#clock.look()
      if (jump !== 0) clockSet(this.#state, jump)
      const isIdle = this.#work()
      this.#notice()
      this.#say()
      if (isIdle && this.#mayEnd()) this.#end()
      else if (isIdle) this.#sleep()
      else this.#wake()
    } catch (error) {
      this.#reject(error)
    }
  }

  #hear(): void {
    const state = this.#state
    state.cleaner.answers()
    for (const channel of CHANNELS) {
      const spawner = state.spawners[channel]
      for (const report of spawner.reports()) takeReport(state, spawner, report)
    }
    this.#notice()
  }

  /** Without a neighbour there is no going on. qmail-clean is missed only when it is needed. */
  #notice(): void {
    const { spawners, cleaner, log, commits, lane, isExiting } = this.#state
    for (const channel of CHANNELS) {
      if (!spawners[channel].dies()) continue
      log.line('alert: oh no! lost spawn connection! dying...')
      this.#exit()
    }
    if (commits?.isLost) {
      commits.isLost = false
      for (const held of [...lane.messages()]) if (held.inLog !== undefined) forget(this.#state, held)
      if (!isExiting) log.line('alert: oh no! lost qmail-queued connection! dying...')
      this.#exit()
    }
    if (cleaner.isLost && !this.#isAlone) {
      this.#isAlone = true
      log.line('alert: oh no! lost qmail-clean connection! dying...')
      this.#exit()
    }
  }

  /** False: there is more to do. A bounce of the first gear stops everything, as qmail's does. */
  #work(): boolean {
    const { isResident } = this.#state.settings
    for (let round = 0; round < ROUNDS_PER_TURN; round++) {
      if (this.#state.isBouncing && !isResident) return true
      if (!this.#round()) return true
    }
    return false
  }

  #round(): boolean {
    const state = this.#state
    const { local, remote } = state.spawners
    const steps = [
      !state.isExiting && arrivalStep(state),
      !state.isExiting && mayTakeUp(state) && laneStep(state),
      !state.isExiting && mayTakeUp(state) && this.#scan.step(state),
      !state.isExiting && largeStep(state),
      passStep(state, local),
      passStep(state, remote),
      !state.isExiting && unseenStep(state),
      successStep(state),
      finishStep(state),
      delayStep(state),
      !state.isExiting && expressStep(state),
      !state.isExiting && this.#sweep.step(state),
      !state.isExiting && domainStep(state)
    ]
    return steps.includes(true)
  }

  #say(): void {
    const { log, spawners, cleaner, commits, ctl } = this.#state
    ctl.answers.flush()
    log.flush()
    commits?.flush()
    spawners.local.flush()
    spawners.remote.flush()
    cleaner.flush()
  }

  /** When something becomes due by itself, in Unix milliseconds; what is due already waits for an event. */
  #nextDue(): number[] {
    const { done, unseen, spawners, isExiting } = this.#state
    const later = (dues: (number | undefined)[]): number[] =>
      dues.filter((due) => due !== undefined && due * 1000 > Date.now()).map((due) => Number(due) * 1000)
    if (isExiting) return later([done.firstDue])
    const passes = CHANNELS.map((channel) => passDue(this.#state, spawners[channel]))
    const rests = [this.#scan.restMilliseconds, this.#trigger.restMilliseconds, this.#state.resting.restMilliseconds]
    const byClock = rests.filter((rest) => rest !== undefined).map((rest) => Date.now() + rest)
    return [
      ...byClock,
      ...later([...passes, done.firstDue, unseen.firstDue, this.#sweep.due, expressDue(this.#state), successDue(this.#state), this.#state.arrivals.due])
    ]
  }

  #sleep(): void {
    clearTimeout(this.#timer)
    this.#trigger.open()
    const now = Date.now()
    const next = Math.min(...this.#nextDue(), now + MAX_SLEEP_SECONDS * 1000)
    this.#timer = setTimeout(() => this.#wake(), Math.max(1, Math.ceil(next - now)))
  }

  #mayEnd(): boolean {
    const { isExiting, isBouncing, pending, departures, spawners, cleaner, commits } = this.#state
    return (
      isExiting &&
      !isBouncing &&
      pending === 0 &&
      !departures.isBusy &&
      spawners.local.running + spawners.remote.running === 0 &&
      (!cleaner.isBusy || cleaner.isLost) &&
      !commits?.isBusy
    )
  }

  /** Leaves: when each message is due stands in its files' times from now on. */
  #end(): void {
    const { log, spawners, ctl } = this.#state
    this.#ctl.close()
    for (const channel of CHANNELS) {
      for (const { id, due } of [...spawners[channel].waiting.entries(), ...ctl.holds.entries(channel)]) {
        const path = splitPath(channel, id)
        try {
          utimesSync(path, due, due)
        } catch {
          log.line(`warning: unable to utime ${path}; message will be retried too soon`)
        }
      }
    }
    ctl.answers.rewrite(ctl.memory.answers())
    log.line('status: exiting')
    log.flush()
    this.#resolve()
  }
}
