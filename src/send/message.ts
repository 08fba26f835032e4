import type { Bytes } from '../core/bytes.ts'
import type { Place } from '../log/place.ts'
import type { RecipientNote } from '../queue/notes.ts'
import type { Channel } from '../queue/paths.ts'
import type { Deferral, Reached } from './bounce/notices.ts'
import type { Destination } from './destination/destination.ts'
import type { Claim } from './shares.ts'

/** A recipient of a message on a channel. */
export interface Recipient {
  address: Bytes
  /** Where its record begins in the channel's file, be it written already or not. */
  at: number
  isDone: boolean
  note: RecipientNote | undefined
}

/** A message fresh from todo/, its recipients rewritten and sorted. */
export interface Message {
  id: number
  /** When it was taken up, Unix seconds: its birth. */
  birth: number
  /** Size of the message file. */
  bytes: number
  uid: number
  pid: number
  /** Undefined: its envelope has none; info stays empty. */
  sender: Bytes | undefined
  recipients: Record<Channel, Recipient[]>
  /** Those of its notes that do not belong to recipients; undefined: it has none. One with notes never takes the express lane. */
  notes: readonly Bytes[] | undefined
  /** Where it stands in the commit log; undefined: it is in mess/ and todo/. */
  inLog: Place | undefined
}

/**
 * A message in the express lane (docs/internals.md, What is promised): delivered straight from todo/ or from the commit log, while only we know how far it is. It stays in the
 * lane (`express`) until all is delivered or until its files are written (`written`, waiting for its todo/ID to go; then `sorted`).
 */
export interface Held extends Message {
  stage: 'express' | 'written' | 'sorted'
  /** Has any delivery been started? */
  isStarted: boolean
  /** Is it on its way out of the lane? */
  isLeaving: boolean
  /** Are its files being written? */
  isBeingWritten: boolean
  /** The commit log's keeper has it now: what becomes of running deliveries counts no more. */
  isForgotten: boolean
  /** Channels with recipients that are not all delivered. */
  open: Set<Channel>
  /** What waits until it is sorted. */
  afterwards: (() => void)[]
}

/** A pass over a message's recipients on one channel, and its running deliveries. */
export interface Job {
  id: number
  channel: Channel
  sender: Bytes
  /** When the message was taken up, Unix seconds. */
  birth: number
  /** How many delay warnings its sender has had. */
  warnings: number
  /** Why recipients were put off in this pass, by where their records begin, as far as a delay warning may tell it. */
  deferrals: Map<number, Deferral> | undefined
  /** When the message is due again if anything is left over. */
  retry: number
  /** When it is due if all that is left over has not been tried in this pass; undefined: then, too. */
  resumesAt: number | undefined
  /** Its pass was put off: those that have not been tried wait for one of these shares. */
  waitsFor: readonly Claim[]
  /** Of all SIGALRMs so far, how many had come at its last report: one that came since is for it too, though its files are still being written. */
  alarms: number
  /** Is this its last chance? */
  isDying: boolean
  /** Has any delivery been started in this pass? */
  isTried: boolean
  /** Recipients seen and not done. */
  undone: number
  /** Those of them that the pass has left untried. */
  untried: number
  running: number
  /** Those of them whose durability alone is waited for. */
  written: number
  /** Is the pass over, and did it come to the end of the list? */
  isOver: boolean
  isComplete: boolean
  /** Is its pass over files, and a large message's? */
  isFile: boolean
  isLarge: boolean
  /** Does it count among those over files that get on? */
  hasPlace: boolean
  /** Where the record of its last recipient begins, which is done: the file is to go at once, and needs no mark. */
  unmarked: number | undefined
  held: Held | undefined
  /** What senders asked for about recipients, by where their records begin; undefined: nothing. */
  notes: ReadonlyMap<number, RecipientNote> | undefined
  /** What the next hosts are told of the message, if the spawner is one that passes it on; undefined: nothing. */
  asked: readonly Bytes[] | undefined
  /** It demands TLS (RFC 8689), and the spawner is one that cannot be told: nothing of it is handed over. */
  isUntold: boolean
  /** Recipients reached whose senders want to hear of it. */
  reached: Reached[] | undefined
}

/** Recipients of a message at one host, handed to a spawner as one delivery. */
export interface Company {
  destination: Destination | undefined
  /** So many of them the host has taken. */
  reached: number
}

/** One recipient handed to a spawner. */
export interface Delivery {
  /** Counted from 1 for the life of the process, over both channels. */
  number: number
  job: Job
  at: number
  recipient: Bytes
  claims: readonly Claim[]
  /** Of a remote delivery; of several recipients', the last one's. */
  destination: Destination | undefined
  /** The host's mail exchangers, as its spawner told; undefined: it did not. Where the destination stands. */
  exchangers: Bytes | undefined
  /** Whose report follows this one's, in the same slot; undefined: nobody's. */
  next: Delivery | undefined
  /** Undefined: it goes alone. */
  company: Company | undefined
  /** Unix milliseconds. */
  startedAt: number
  /** Was the spawner told a place in the commit log? */
  isFromLog: boolean
  /** Is only its durability still waited for? */
  isWritten: boolean
}
