import { once } from 'node:events'
import type { Socket } from 'node:net'
import { reason } from '../../core/failure.ts'
import { type CtlAnswer, type CtlRequest, type ListedMessage, packLine } from '../../queue/ctl-wire.ts'
import { Matcher } from '../../queue/selection.ts'
import { nowSeconds, type State } from '../state.ts'
import { cut } from './describe.ts'
import { carryOut, headerOf } from './orders.ts'
import { type Found, walk } from './walk.ts'

/** So long may a request work without letting deliveries go on. */
const TURN_MILLISECONDS = 5
/** How often it says how far it is. */
const SEEN_EVERY = 500

/** One request, carried out message by message; deliveries go on meanwhile. */
export class Request {
  readonly #state: State
  readonly #socket: Socket
  readonly #request: CtlRequest
  readonly #matcher: Matcher
  #seen = 0
  #matched = 0
  #changed = 0

  constructor(state: State, socket: Socket, request: CtlRequest) {
    this.#state = state
    this.#socket = socket
    this.#request = request
    this.#matcher = new Matcher(request.select)
  }

  refuse(why: string): void {
    this.#socket.end(packLine({ kind: 'refused', why }))
  }

  /** Rejects with system errors of reading the queue's folders. */
  async run(): Promise<void> {
    let began = performance.now()
    for (const found of walk(this.#state, this.#matcher)) {
      await this.#take(found)
      if (++this.#seen % SEEN_EVERY === 0) await this.#say({ kind: 'seen', messages: this.#seen })
      if (this.#socket.destroyed || this.#state.isExiting) break
      if (performance.now() - began < TURN_MILLISECONDS) continue
      this.#state.wake()
      await new Promise((resolve) => setImmediate(resolve))
      began = performance.now()
    }
    this.#state.ctl.holds.sync()
    this.#state.wake()
    if (this.#state.isExiting) return this.refuse('qmail-send is about to end; not all was done')
    this.#socket.end(packLine({ kind: 'end', matched: this.#matched, changed: this.#changed }))
  }

  async #take(found: Found): Promise<void> {
    if ('trouble' in found) return this.#say({ kind: 'trouble', id: found.id, why: reason(found.trouble) })
    const { id, message } = found
    if (message === undefined) {
      if (this.#matcher.ids) await this.#say({ kind: 'trouble', id, why: 'there is no such message' })
    } else if (this.#matcher.matches(message, nowSeconds())) {
      this.#matched++
      const answer = await this.#answer(message)
      if (answer !== undefined) await this.#say(answer)
    }
  }

  /** Undefined: nothing is to be said of this one. */
  async #answer(message: ListedMessage): Promise<CtlAnswer | undefined> {
    const { verb, isDryRun } = this.#request
    if (verb === 'list') return { kind: 'message', message: cut(message) }
    if (verb === 'headers') return this.#header(message)
    const result = await carryOut(this.#state, verb, message, isDryRun)
    if ('why' in result && result.isMoot && !this.#matcher.ids) return undefined
    if ('why' in result) return { kind: 'trouble', id: message.id, why: result.why }
    this.#changed++
    return { kind: 'message', message: cut(message), outcome: result.outcome }
  }

  #header(message: ListedMessage): CtlAnswer {
    try {
      return { kind: 'message', message: cut(message), header: headerOf(message.id) }
    } catch (error) {
      return { kind: 'trouble', id: message.id, why: reason(error) }
    }
  }

  /** Waits while the client does not read. */
  async #say(answer: CtlAnswer): Promise<void> {
    if (this.#socket.destroyed || this.#socket.write(packLine(answer))) return
    await Promise.race([once(this.#socket, 'drain'), once(this.#socket, 'close')]).catch(() => undefined)
  }
}
