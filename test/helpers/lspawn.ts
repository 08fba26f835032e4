import { spawn } from 'node:child_process'
import { commandBytes, ReportParser } from '../../src/queue/spawnproto.ts'
import { endWith } from './ending.ts'
import type { Home } from './home.ts'
import { type Process, processTree } from './proc.ts'

/** A running qmail-lspawn, spoken to as qmail-send does. */
export interface Lspawn {
  pid: number
  /** Asks for one delivery; resolves with letter and text of the report. */
  deliver: (message: string, recipient: string, sender?: string, notes?: string) => Promise<string>
  /** The processes it has started, by name. */
  children: (name: string) => Process[]
  /** Ends its commands and waits for its end: its exit code, or the signal's name. */
  end: () => Promise<number | string>
}

/** Starts qmail-lspawn; it ends with the test file at the latest. */
export const startLspawn = (home: Home, defaultdelivery: string, env: Record<string, string> = {}): Lspawn => {
  const child = spawn(home.at('bin', 'qmail-lspawn'), [defaultdelivery], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', ...env }
  })
  const ended = new Promise<number | string>((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code ?? -1)))
  endWith(home, child)
  child.stdin.on('error', () => {}) // its end is told by `ended`
  const waiting = new Map<number, (report: string) => void>()
  const parser = new ReportParser()
  let isFirst = true
  child.stdout.on('data', (chunk: Buffer) => {
    for (const { slot, letter, text } of parser.push(isFirst ? chunk.subarray(1) : chunk)) {
      waiting.get(slot)?.(letter + text)
      waiting.delete(slot)
    }
    isFirst = false
  })
  let slot = 0
  return {
    pid: child.pid ?? 0,
    deliver: (message, recipient, sender = 's@sender.example', notes = undefined) =>
      new Promise((resolve, reject) => {
        while (waiting.has(slot)) slot = (slot + 1) % 120
        waiting.set(slot, resolve)
        void ended.then((code) => reject(new Error(`qmail-lspawn ended with ${code}`)))
        child.stdin.write(Buffer.from(commandBytes({ slot, message, sender, recipient, notes }), 'latin1'))
      }),
    children: (name) => processTree(child.pid ?? 0).filter((p) => p.name === name),
    end: () => {
      child.stdin.end()
      return ended
    }
  }
}
