import { renameSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { FrameParser, packFrame, type ToQueued } from '../../src/log/wire.ts'
import type { Home } from './home.ts'
import { NO_INODE, putEnvelope } from './send-rig.ts'
import { until } from './wait.ts'

interface Kept {
  recipients: string[]
  sender: string
  body: string
}

/** Plays qmail-queued as the keeper of the commit log for qmail-send: what is in the log stands in no file until it is asked to, or until qmail-send has gone. */
export class LogKeeper {
  readonly #home: Home
  /** Messages in the log. */
  readonly live = new Map<number, Kept>()
  /** Hears of each message that is delivered to all. */
  onDone: (number: number) => void = () => {}
  #socket: Socket | undefined
  #count = 0

  constructor(home: Home) {
    this.#home = home
  }

  async open(): Promise<void> {
    const server = createServer((socket) => this.#serve(socket))
    await new Promise<void>((resolve) => server.listen(this.#home.at('run/send/log'), () => resolve()))
    this.#home.beforeRemoval(() => server.close())
  }

  get isConnected(): boolean {
    return this.#socket !== undefined
  }

  /** Waits until qmail-send has gone, and all that it said is heard. */
  async left(): Promise<void> {
    await until('qmail-send’s end of the log to be closed', () => !this.isConnected)
  }

  /** Puts a message into the log, under a number of its own or this one; `onNumber` hears its number before qmail-send can. */
  put(recipients: string[], sender: string, body: string, onNumber: (id: number) => void, number = NO_INODE + ++this.#count): void {
    this.live.set(number, { recipients, sender, body })
    onNumber(number)
    const envelope = `u7\0p99\0F${sender}\0${recipients.map((one) => `T${one}\0`).join('')}`
    const place = { segment: 1, at: 4096 * this.#count, bytes: 4096 }
    this.#socket?.write(packFrame({ kind: 'new', number, place, bytes: body.length, envelope }))
  }

  #serve(socket: Socket): void {
    this.#socket = socket
    const parser = new FrameParser<ToQueued>()
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      for (const frame of parser.push(chunk)) this.#take(frame)
    })
    socket.on('close', () => {
      for (const number of [...this.live.keys()]) this.#spill(number)
      this.#socket = undefined
    })
    socket.write(packFrame({ kind: 'ready' }))
  }

  #take({ kind, number }: ToQueued): void {
    if (kind === 'done') {
      this.live.delete(number)
      this.onDone(number)
      return
    }
    let answer: 'spilled' | 'unspilled' = 'spilled'
    try {
      this.#spill(number)
    } catch {
      answer = 'unspilled' // the queue refuses
    }
    this.#socket?.write(packFrame({ kind: answer, number }))
  }

  /** It becomes files, as its writer would have laid them. Throws system errors. */
  #spill(number: number): void {
    const kept = this.live.get(number)
    if (kept === undefined) return
    const scratch = this.#home.at('queue/mess/0/spill')
    writeFileSync(scratch, kept.body)
    renameSync(scratch, this.#home.at(`queue/mess/${number % 23}/${number}`))
    putEnvelope(this.#home, number, kept.recipients, kept.sender)
    this.live.delete(number)
  }
}
