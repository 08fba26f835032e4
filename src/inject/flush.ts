import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

const isItsSend = (pid: string, node: string): boolean => {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1') === 'qmail-send\n' && readlinkSync(`/proc/${pid}/exe`) === node
  } catch {
    // gone, or not ours to ask about
    return false
  }
}

/** Asks this installation's qmail-send to try everything now, if it runs and the caller may signal it; else does nothing. */
export const flushQueue = (home: string): void => {
  for (const pid of readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))) {
    if (!isItsSend(pid, join(home, 'lib', 'node'))) continue
    try {
      process.kill(Number(pid), 'SIGALRM')
    } catch {
      // not allowed, or it has ended: the queue runs on its own
    }
  }
}
