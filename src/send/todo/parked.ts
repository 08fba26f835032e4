import type { ToSend } from '../../log/wire.ts'
import type { Message } from '../message.ts'
import type { Place } from './lane.ts'

/** Messages that have waited for so long become files, so that the queue's tools see them. */
const WAIT_SECONDS = 30

/** Messages of the commit log that wait for room in the express lane, and where, oldest first. */
export class Parked {
  /** Bounces that came before we know that they were taken. */
  readonly bounces: Extract<ToSend, { kind: 'new' }>[] = []
  readonly #messages = new Map<number, { message: Message; place: Place }>()

  add(message: Message, place: Place): void {
    this.#messages.set(message.id, { message, place })
  }

  /** Oldest first. */
  *messages(): Iterable<Message> {
    for (const { message } of this.#messages.values()) yield message
  }

  /** Takes a message out; undefined: it is not of the log. */
  take(id: number): Message | undefined {
    const message = this.#messages.get(id)?.message
    this.#messages.delete(id)
    return message
  }

  /** The one that has waited longest. */
  get first(): { message: Message; place: Place } | undefined {
    for (const parked of this.#messages.values()) return parked
    return undefined
  }

  /** When that one has waited for too long, Unix seconds; undefined: none waits. */
  get due(): number | undefined {
    const { first } = this
    return first && first.message.birth + WAIT_SECONDS
  }
}
