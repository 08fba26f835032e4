import type { Socket } from 'node:net'
import { Exit } from '../core/exit.ts'
import type { FromTlsd, ToTlsd } from '../spawn/tls-handover.ts'
import type { TlsService } from './service.ts'

/** How often it is looked whether a certificate has come or gone while nobody connects. */
const LOOK_MILLISECONDS = 60_000

/** The channel to the parent. */
export interface TlsdChannel {
  send: (message: FromTlsd) => void
  onMessage: (listener: (message: ToTlsd, socket: Socket | undefined) => void) => void
  onClose: (listener: () => void) => void
}

/** This process's own channel to tcpserver. */
export const tlsdChannel = (): TlsdChannel => ({
  send: (message) => {
    // a parent that has gone needs no news
    if (process.connected) process.send?.(message, undefined, undefined, () => {})
  },
  onMessage: (listener) => void process.on('message', (message, socket) => listener(message as ToTlsd, socket as Socket | undefined)),
  onClose: (listener) => void process.on('disconnect', listener)
})

/** qmail-tlsd under tcpserver: serves every session handed over, until it is told to retire or the parent is gone, and the sessions it has are over. */
export class TlsdWorker {
  readonly #channel: TlsdChannel
  readonly #service: TlsService
  readonly #plain = new Map<number, Socket>()
  #active = 0
  #isAble: boolean | undefined
  #isRetiring = false
  #resolve: (exit: number) => void = () => {}

  constructor(channel: TlsdChannel, service: TlsService) {
    this.#channel = channel
    this.#service = service
  }

  /** Resolves with the exit code. */
  run(): Promise<number> {
    this.#channel.onMessage(this.#onMessage)
    this.#channel.onClose(() => this.#retire())
    this.#tell()
    setInterval(() => this.#tell(), LOOK_MILLISECONDS).unref()
    return new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  readonly #onMessage = (message: ToTlsd, socket: Socket | undefined): void => {
    if (message.kind === 'plain' && socket) this.#keep(message.id, socket)
    else if (message.kind === 'tls') void this.#serve(message.id, message.ready, socket)
    else if (message.kind === 'look') {
      this.#service.lookAgain()
      this.#tell()
    } else if (message.kind === 'retire') this.#retire()
  }

  /** Nothing is read from it before its connection is here. */
  #keep(id: number, plain: Socket): void {
    plain.allowHalfOpen = true
    plain.pause()
    this.#plain.set(id, plain)
  }

  async #serve(id: number, ready: string, raw: Socket | undefined): Promise<void> {
    this.#active++
    const plain = this.#plain.get(id)
    this.#plain.delete(id)
    if (raw && plain) {
      raw.allowHalfOpen = true
      await this.#service.serve(id, raw, ready, plain, (variables) => this.#channel.send({ kind: 'secured', id, variables }))
    } else {
      raw?.destroy() // one of the two was lost on its way
      plain?.destroy()
    }
    this.#active--
    this.#channel.send({ kind: 'ended', id })
    this.#tell()
    if (this.#isRetiring) this.#retire()
  }

  /** Says whether TLS is to be had, when that is news. */
  #tell(): void {
    const isAble = this.#service.isAble()
    if (isAble !== this.#isAble) this.#channel.send({ kind: 'able', isAble })
    this.#isAble = isAble
  }

  #retire(): void {
    this.#isRetiring = true
    if (this.#active === 0) this.#resolve(Exit.ok)
  }
}
