import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { ToWorker } from '../spawn/handover.ts'
import { InFlight } from './in-flight.ts'

/** A worker is replaced after so many sessions. */
const MAX_SESSIONS = 20_000

/** Descriptors a worker needs besides two for each session: its own, and idle connections to the queue. */
const SPARE_DESCRIPTORS = 64
const USUAL_DESCRIPTORS = 1024

/** How many sessions a worker can have at a time: a connection that finds no free descriptor there would be lost without a word. */
export const sessionRoom = (): number => {
  let limit: string | undefined
  try {
    limit = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
  } catch {
    // where there is no /proc, the usual must do
  }
  return Math.max(1, Math.floor((Number(limit ?? USUAL_DESCRIPTORS) - SPARE_DESCRIPTORS) / 2))
}

/** One resident server, as its parent sees it. */
export class Worker {
  readonly child: ChildProcess
  /** The numbers of its connections. */
  readonly active = new Set<number>()
  sessions = 0
  isAlive = true
  isRetiring = false
  /** What it was told; undefined: nothing, as there is no TLS at all. */
  isTlsAble: boolean | undefined
  /** Does it accept connections by itself? Once it does not, it never does again. */
  isHearing: boolean
  /** How many connections it may accept at a time. */
  slots: number
  /** Messages on their way into the channel. */
  pending = 0
  readonly #inFlight = new InFlight()

  constructor(child: ChildProcess, slots: number) {
    this.child = child
    this.slots = slots
    this.isHearing = slots > 0
  }

  /** Connections that are its own, or that it may take without being asked. */
  get claim(): number {
    return this.isHearing ? Math.max(this.slots, this.active.size) : this.active.size
  }

  send(message: ToWorker, socket?: Socket): void {
    this.pending++
    this.#inFlight.send(this.child, message, socket, () => this.pending--)
  }

  /** It has a connection of this number. */
  add(number: number): void {
    this.active.add(number)
    if (++this.sessions >= MAX_SESSIONS) this.retire()
  }

  /** The worker is gone: so are the connections it never got. */
  dropAll(): void {
    this.#inFlight.dropAll()
  }

  retire(): void {
    if (this.isRetiring) return
    this.isRetiring = true
    this.send({ kind: 'retire' })
  }
}
