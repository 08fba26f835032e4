import type { Bytes } from '../core/bytes.ts'
import type { Channel } from '../queue/paths.ts'
import type { DelayNotice, SuccessNotice } from './bounce/notices.ts'
import { BounceRate } from './bounce/rate.ts'
import { Cleaner } from './cleaner.ts'
import { Control } from './ctl/control.ts'
import { Departures } from './departures.ts'
import { Destinations } from './destination/destinations.ts'
import { Routes } from './destination/routes.ts'
import { DueList } from './due-list.ts'
import { Line } from './line.ts'
import type { Log } from './log.ts'
import { LogLink } from './log-link.ts'
import type { SendSettings } from './settings.ts'
import { Spawner } from './spawner.ts'
import { FD } from './start.ts'
import { FolderSyncs } from './todo/folder-syncs.ts'
import { Lane } from './todo/lane.ts'
import { LargeQueue } from './todo/large-queue.ts'
import { Parked } from './todo/parked.ts'
import { Resting } from './todo/resting.ts'

/** How soon something that went wrong is tried again. */
export const AGAIN_SECONDS = 123
/** The same in the express lane and the commit log, where qmail-send's end waits for it. */
export const LANE_AGAIN_SECONDS = 10

/**
 * A bounce on its way into the queue. Its message may stand in todo/ before the queue says that it took it; it waits there for that,
 * because whoever reads the log must see `bounce msg` before the bounce's `new msg`.
 */
export interface BounceOut {
  sender: Bytes
  recipient: Bytes
  /** Numbers of messages that look like it. */
  waiting: number[]
}

/** Everything qmail-send knows. The loop owns it; what works on it takes it as its first argument, within one turn. */
export interface State {
  settings: SendSettings
  log: Log
  cleaner: Cleaner
  spawners: Record<Channel, Spawner>
  destinations: Destinations
  /** Messages without recipients left, to be finished. */
  done: DueList
  /** Files on their way out. */
  departures: Departures
  /** Messages whose files could not be looked at when we started. */
  unseen: DueList
  /** Numbers found in todo/, to be taken up. */
  found: Set<number>
  /** Numbers whose todo/ID is ours to deal with, or being removed: a scan passes them over; whoever takes one out looks at the name again. */
  spokenFor: Set<number>
  /** Numbers whose todo/ID could not be taken up. */
  resting: Resting
  /** The syncs of folders under way. */
  folders: FolderSyncs
  /** Messages whose files are being written in preprocessing. */
  sorting: number
  /** Envelopes too large to be taken up in one step. */
  large: LargeQueue
  /** The express lane of the second gear. */
  lane: Lane
  /** The commit log, by way of qmail-queued; undefined: we have nothing to do with it. */
  commits: LogLink | undefined
  arrivals: Parked
  /** What qmail-qctl asks about, and what it ordered. */
  ctl: Control
  deliveries: number
  isExiting: boolean
  /** SIGALRMs so far. */
  alarms: number
  /** Work outside the turns (a bounce being handed over, a failure that could not be noted yet) that must end before we do. */
  pending: number
  /** A bounce is being handed over. */
  isBouncing: boolean
  bounceRate: BounceRate
  /** Delay warnings that are to be sent. */
  delays: DelayNotice[]
  /** Reports of success that are to be sent; their messages stay until they are. */
  successes: SuccessNotice[]
  /** The bounce whose verdict is awaited. */
  bounceOut: BounceOut | undefined
  /** Has the loop take another turn. */
  wake(): void
}

/** As it is at the start, with nothing known of the queue yet. `wake`: has the loop take another turn. */
export const newState = (settings: SendSettings, log: Log, wake: () => void): State => {
  const state: State = {
    settings,
    log,
    cleaner: new Cleaner(new Line(FD.toClean, FD.fromClean, wake)),
    spawners: {
      local: new Spawner('local', new Line(FD.toLocal, FD.fromLocal, wake), settings),
      remote: new Spawner('remote', new Line(FD.toRemote, FD.fromRemote, wake), settings)
    },
    destinations: new Destinations(new Routes(settings.home), settings.tunable.destinations),
    done: new DueList(),
    departures: new Departures(wake),
    unseen: new DueList(),
    found: new Set(),
    spokenFor: new Set(),
    resting: new Resting(),
    folders: new FolderSyncs(),
    sorting: 0,
    large: new LargeQueue(),
    lane: new Lane(({ address }, sender) => state.destinations.of(address, sender)),
    commits: settings.takesLog ? new LogLink(wake) : undefined,
    arrivals: new Parked(),
    ctl: new Control(log),
    deliveries: 0,
    isExiting: false,
    alarms: 0,
    pending: 0,
    isBouncing: false,
    bounceRate: new BounceRate(),
    delays: [],
    successes: [],
    bounceOut: undefined,
    wake
  }
  return state
}

/** The time in Unix seconds. */
export const nowSeconds = (): number => Math.floor(Date.now() / 1000)

/** Does something in a later turn. */
export const later = (state: State, seconds: number, work: () => void): void => {
  setTimeout(() => {
    work()
    state.wake()
  }, seconds * 1000)
}

/** Logs how many deliveries run. */
export const logStatus = ({ log, spawners: { local, remote }, isExiting }: State): void =>
  log.line(`status: local ${local.active}/${local.limit} remote ${remote.active}/${remote.limit}${isExiting ? ' exitasap' : ''}`)
