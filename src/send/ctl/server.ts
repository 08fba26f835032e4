import { existsSync, unlinkSync } from 'node:fs'
import type { Server, Socket } from 'node:net'
import { join } from 'node:path'
import { explain, reason } from '../../core/failure.ts'
import { listenAt } from '../../os/listen.ts'
import { CTL_FOLDER, CTL_SOCKET, CTL_VERSION, type CtlRequest, LineParser, MAX_REQUEST_BYTES, VERBS } from '../../queue/ctl-wire.ts'
import type { State } from '../state.ts'
import { Request } from './request.ts'

/** Requests at a time; beyond it connections are refused. */
const MAX_REQUESTS = 16

/** What is wrong with a request; undefined: nothing. */
const objection = (state: State, { version, verb, select }: CtlRequest): string | undefined => {
  if (version !== CTL_VERSION) return 'this qmail-send is of another version: restart it'
  if (!VERBS.includes(verb) || typeof select !== 'object' || select === null) return 'qmail-send does not know this request'
  return state.isExiting ? 'qmail-send is about to end' : undefined
}

/** qmail-send's door for qmail-qctl (src/queue/ctl-wire.ts): each connection one request. Without it mail goes on. */
export class CtlServer {
  readonly #state: State
  readonly #path: string
  #server: Server | undefined

  constructor(state: State) {
    this.#state = state
    this.#path = join(state.settings.home, CTL_SOCKET)
  }

  /** Opens the door. A home without its folder has none. Never fails: trouble is logged. */
  async open(): Promise<void> {
    if (!existsSync(join(this.#state.settings.home, CTL_FOLDER))) return
    try {
      this.#server = await listenAt(this.#path, MAX_REQUESTS, (socket) => this.#accept(socket))
    } catch (error) {
      this.#state.log.line(`warning: ${reason(error)}; qmail-qctl cannot reach qmail-send`)
    }
  }

  /** Shuts it: the name goes, so that who comes later sees that nobody is there. */
  close(): void {
    if (this.#server === undefined) return
    this.#server.close()
    try {
      unlinkSync(this.#path)
    } catch {
      // it is gone already, or the next start replaces it
    }
  }

  #accept(socket: Socket): void {
    const parser = new LineParser<CtlRequest>(MAX_REQUEST_BYTES)
    let request: Request | undefined
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      if (request !== undefined) return
      try {
        const asked = parser.push(chunk)[0]
        if (asked === undefined) return
        request = new Request(this.#state, socket, asked)
        const why = objection(this.#state, asked)
        if (why === undefined) void request.run().catch((error: unknown) => request?.refuse(explain(error)))
        else request.refuse(why)
      } catch {
        socket.destroy() // not our protocol
      }
    })
  }
}
