import type { Bytes } from '../core/bytes.ts'
import { Permanent } from '../core/failure.ts'
import { jsonLine } from '../format/json.ts'
import type { QueuedMessage } from './messages.ts'
import type { Channel } from './paths.ts'

/**
 * Between qmail-qctl and the running qmail-send, through the socket run/ctl/socket, which only root reaches: the client says one
 * request, a line of JSON; qmail-send answers with lines of JSON, the last of them `end` or `refused`. Byte strings are latin1 within JSON.
 */
export const CTL_FOLDER = 'run/ctl'
export const CTL_SOCKET = `${CTL_FOLDER}/socket`
/** Raised when old and new do not understand each other. */
export const CTL_VERSION = 1

/** What can be done to messages; `list` and `headers` do nothing to them. */
export const VERBS = ['list', 'headers', 'hold', 'release', 'retry', 'delete', 'bounce'] as const
export type Verb = (typeof VERBS)[number]

/**
 * Where a message stands. new: accepted, not sorted by channel yet; delivering: handed to a spawner; due: its time has come, it waits for a free place;
 * waiting: for its next try; held; done: nobody is left, its bounce is to go, or its files.
 */
export const STATES = ['new', 'delivering', 'due', 'waiting', 'held', 'done'] as const
export type MessageState = (typeof STATES)[number]

/** Which messages are meant: those that all that is said is true of. Addresses are patterns of `*`, `?`, `[a-z]`, in any case. */
export interface Selection {
  ids?: number[]
  sender?: Bytes
  /** Of a recipient that is not done. */
  recipient?: Bytes
  /** The same recipient's domain. */
  domain?: Bytes
  /** Seconds in the queue, at least and at most. */
  olderThan?: number
  youngerThan?: number
  state?: MessageState
}

export interface ListedRecipient {
  channel: Channel
  address: Bytes
  isDone: boolean
  /** Tries that ended in a deferral since qmail-send started. */
  tries: number
  /** What the other side said at the last of them, and when (Unix seconds). */
  answer?: Bytes
  answered?: number
}

/** A message of the queue, for people and programs. Times are Unix seconds. */
export interface ListedMessage {
  id: number
  entered: number
  bytes: number
  sender: Bytes
  state: MessageState
  /** Some recipients have failed; a bounce is to come. */
  isBouncing: boolean
  /** When each channel is tried next. */
  next: Partial<Record<Channel, number>>
  /** Why it is still here, in words. */
  why: string
  recipients: ListedRecipient[]
  /** Recipients that are not listed: there are too many. */
  more: number
  /** What could not be read. */
  troubles: string[]
}

/** What the files of a message say of it, but for its recipients and why it is here. */
export const listedHead = ({ id, head, troubles }: QueuedMessage): Omit<ListedMessage, 'state' | 'next' | 'why' | 'recipients'> => ({
  id,
  entered: Math.floor((head?.entered.getTime() ?? 0) / 1000),
  bytes: head?.bytes ?? 0,
  sender: head?.sender ?? '',
  isBouncing: head?.isBouncing === true,
  more: 0,
  troubles
})

export interface CtlRequest {
  version: number
  verb: Verb
  select: Selection
  /** Say what would be done, do nothing. */
  isDryRun: boolean
}

export type CtlAnswer =
  /** A message that is meant; what has become of it, or, of a dry run, would; of `headers`, its header. */
  | { kind: 'message'; message: ListedMessage; outcome?: string; header?: Bytes }
  /** Nothing could be done about this one. */
  | { kind: 'trouble'; id: number; why: string }
  /** So many have been looked at so far. */
  | { kind: 'seen'; messages: number }
  | { kind: 'refused'; why: string }
  /** That was all: how many were meant, and about how many something was done. */
  | { kind: 'end'; matched: number; changed: number }

/** A request with every selected number stays far below this. */
export const MAX_REQUEST_BYTES = 4_194_304

/** As it stands on the wire. */
export const packLine = (value: CtlRequest | CtlAnswer): Buffer => Buffer.from(jsonLine(value), 'latin1')

/** Cuts lines out of a stream. Throws Permanent when one is too long, or no JSON. */
export class LineParser<T> {
  readonly #maxBytes: number
  #held = ''

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  push(chunk: Buffer): T[] {
    const lines = (this.#held + chunk.toString('latin1')).split('\n')
    this.#held = lines.pop() ?? ''
    if (this.#held.length > this.#maxBytes) throw new Permanent('a line too long')
    return lines.map((line) => {
      try {
        return JSON.parse(line) as T
      } catch (error) {
        throw new Permanent('not a line of JSON', { cause: error })
      }
    })
  }
}
