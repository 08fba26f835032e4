import type { Bytes } from '../../core/bytes.ts'
import type { Channel } from '../../queue/paths.ts'

/** Why a recipient was put off last, and when, in milliseconds. */
export interface Deferral {
  text: Bytes
  atMs: number
}

/** Senders that are to be told that their message is late, first come first. */
export interface DelayNotice {
  id: number
  /** What tells the message from a later one of the same number. */
  birth: number
  sender: Bytes
  /** How many warnings it will have had then. */
  warnings: number
  /** What is known of recipients of one channel, by where their records begin. */
  channel: Channel
  deferrals: ReadonlyMap<number, Deferral> | undefined
}

/** A recipient that was reached, and whose sender wants to hear of it. */
export interface Reached {
  address: Bytes
  orcpt: Bytes | undefined
  action: 'delivered' | 'relayed' | 'expanded'
  text: Bytes
  atMs: number
}

/** Such recipients of one message. */
export interface SuccessNotice {
  id: number
  birth: number
  sender: Bytes
  reached: Reached[]
  /** When it is to be sent, in Unix seconds. */
  due: number
}
