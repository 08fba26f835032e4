import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'
import { reason, Temporary } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { startChild } from '../os/child.ts'

/** Node has no Unix datagram sockets; util-linux's logger speaks to /dev/log just as syslog(3) does, and connects again when syslogd was restarted. */
const LOGGER = '/usr/bin/logger'
/** More than any entry, so that logger cuts none. */
const MAX_ENTRY_BYTES = 1024

export interface Syslog {
  /** Hands over `<PRIORITY>text` entries, without line ends; wait before handing over more. They are dropped while nothing listens on /dev/log, as syslog(3) does. */
  write(entries: string[]): Promise<void>
  /** All entries have been sent. */
  close(): Promise<void>
}

/** Opens the system log under this tag. Losing the logger itself rejects what waits for it: Temporary. */
export const openSyslog = (tag: Bytes, env: Env): Syslog => {
  const child = startChild(LOGGER, ['--prio-prefix', '--socket-errors=off', '-S', String(MAX_ENTRY_BYTES), '-t', tag], { stdio: ['pipe', 'ignore', 2], env })
  const { stdin } = child
  if (stdin === null) throw new Temporary(`unable to run ${LOGGER}`)
  const lost = new Promise<never>((_, reject) => {
    const fail = (error: unknown): void => reject(new Temporary(`lost ${LOGGER}: ${reason(error)}`))
    child.on('error', fail)
    stdin.on('error', fail)
  })
  lost.catch(() => {}) // write and close tell it
  const ended = once(child, 'exit')
  ended.catch(() => {}) // not started: that is `lost`
  return {
    write: async (entries) => {
      if (entries.length > 0 && !stdin.write(`${entries.join('\n')}\n`, 'latin1')) await Promise.race([once(stdin, 'drain'), lost])
    },
    close: async () => {
      stdin.end()
      await Promise.race([ended, lost])
    }
  }
}

/** The chunks of a descriptor until its end, while the event loop goes on. Not for sockets. */
export const chunksOf = (fd: number): AsyncIterable<Buffer> => createReadStream('', { fd, autoClose: false })
