import { closeSync, openSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { type Bytes, fsPath } from '../core/bytes.ts'
import { errorCode } from '../core/failure.ts'
import { pause } from '../core/pause.ts'

/** A lock nobody has touched for so long was left by a crash; other mail programs think the same. */
const STALE_MILLISECONDS = 300_000
const FIRST_PAUSE_MILLISECONDS = 10
const LONGEST_PAUSE_MILLISECONDS = 250

/** A taken lock: `release` removes its file. `none`: no lock file can be made here, by us or by anybody of our rights. */
export type DotLock = { release: () => void } | 'busy' | 'none'

const remove = (file: Bytes): void => {
  try {
    unlinkSync(fsPath(file))
  } catch {
    // it is gone, or was taken from us as stale: either way it is not ours any more
  }
}

/** Is the process a lock names, as dovecot writes it (`pid:host`), one of this host's that has ended? */
const ownerHasEnded = (file: Bytes): boolean => {
  const [, pid, host] = /^([0-9]+):(.+)$/.exec(readFileSync(fsPath(file), 'utf8').trim()) ?? []
  if (pid === undefined || host !== hostname()) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return errorCode(error) === 'ESRCH'
  }
}

/** May the lock be taken from whoever has it? Two who find the same stale lock may both think so; that is why an flock comes on top. */
const isStale = (file: Bytes): boolean => {
  try {
    return Date.now() - statSync(fsPath(file)).mtimeMs > STALE_MILLISECONDS || ownerHasEnded(file)
  } catch {
    return false // released meanwhile, or not ours to read
  }
}

/** Says in a lock that we made whose it is. On a full disk it stays empty, and is ours all the same. */
const sign = (fd: number): void => {
  try {
    writeSync(fd, `${process.pid}:${hostname()}`)
  } catch {
    // its name is the lock
  }
}

const create = (file: Bytes): boolean => {
  try {
    const fd = openSync(fsPath(file), 'wx', 0o644)
    sign(fd)
    closeSync(fd)
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

/**
 * Takes the lock of a mailbox that mutt, procmail, dovecot and others look for: the file `MAILBOX.lock`. Waits until `deadline`
 * (milliseconds since 1970). A lock left by a crash is taken over after five minutes, or at once when it names a process of this host that has ended.
 */
export const takeDotLock = (mailbox: Bytes, deadline: number): DotLock => {
  const file = `${mailbox}.lock`
  let wait = FIRST_PAUSE_MILLISECONDS
  try {
    while (!create(file)) {
      if (isStale(file)) {
        remove(file)
        continue
      }
      if (Date.now() >= deadline) return 'busy'
      pause(wait * (0.5 + Math.random()))
      wait = Math.min(wait * 1.5, LONGEST_PAUSE_MILLISECONDS)
    }
    return { release: () => remove(file) }
  } catch {
    return 'none'
  }
}
