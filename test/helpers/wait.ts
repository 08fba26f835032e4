import { existsSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** How long a test waits for what should come at once: a limit for what never comes, on the slowest and busiest machine, not a measure of speed. */
export const PATIENCE_SECONDS = 120

/** For `test(...)`: a limit for a whole test that would otherwise hang; far more than its waits together take. */
export const PATIENT = { timeout: 600_000 }

const LOOK_MILLISECONDS = 15
/** A look that takes long (one that runs a program) is rested from so many times as long: what is waited for needs the processor more. */
const REST = 3

/** Waits until `check` gives something, looking every few milliseconds; fails with `what` after `seconds`. A function as `what` is asked when that happens. */
export const until = async <T>(what: string | (() => string), check: () => T | undefined | false, seconds = PATIENCE_SECONDS): Promise<T> => {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const start = performance.now()
    const value = check()
    if (value !== undefined && value !== false) return value
    if (Date.now() > end) throw new Error(`waited ${seconds} seconds for ${typeof what === 'string' ? what : what()}`)
    await delay(Math.max(LOOK_MILLISECONDS, REST * (performance.now() - start)))
  }
}

/** Waits until somebody listens on this Unix socket (its name is there a moment before), or this port of 127.0.0.1. */
export const untilServed = (at: string | number): Promise<true> => {
  let isServed = false
  const knock = (): void => {
    const socket = connect(typeof at === 'string' ? { path: at } : { port: at, host: '127.0.0.1' })
    socket.on('error', () => {})
    socket.on('connect', () => {
      isServed = true
      socket.destroy()
    })
  }
  return until(`a server on ${at}`, () => {
    if (!isServed) knock()
    return isServed
  })
}

/** Waits until a connection has closed: a reset, where the other side went with something unread, is as good as an end. (`once` of node:events rejects then.) */
export const untilClosed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.on('error', () => {}) // 'close' follows
    socket.once('close', () => resolve())
  })

/** Has this process ended, and has its parent heard of it? (A zombie is gone for most purposes, but its parent does not know yet.) */
export const isGone = (pid: number): boolean => !existsSync(`/proc/${pid}`)
