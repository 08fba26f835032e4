import { closeSync, fsyncSync, linkSync, openSync, statSync, unlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { type Bytes, fsPath } from '../core/bytes.ts'
import { errorCode, isTemporary, Temporary } from '../core/failure.ts'
import { pause } from '../core/pause.ts'
import { cannotSyncFolder, syncFolder } from '../os/durable.ts'
import type { Message } from '../os/message.ts'
import { checkEnterable, writeWhole } from './files.ts'
import type { HeaderLines } from './lines.ts'

const MAX_HOST_BYTES = 64
const TRIES = 3
const RETRY_MILLISECONDS = 2000
/** Messages are their owner's alone. */
export const MAILDIR_MODE = 0o600

/** The report of all trouble that has no words of its own. */
export const maildirTrouble = (cause: unknown): Temporary => new Temporary('Temporary error on maildir delivery. (#4.3.0)', { cause })

/** This host's name as it stands in names of messages. */
export const hostBytes = (): Bytes => Buffer.from(hostname(), 'utf8').toString('latin1').slice(0, MAX_HOST_BYTES)

/** May the folder be entered? If not, that is Temporary, and its usual cause is that there is no such Maildir. */
export const enterMaildir = (path: Bytes): void => {
  try {
    const stat = statSync(fsPath(path), { throwIfNoEntry: false })
    checkEnterable(path, stat)
  } catch (error) {
    if (isTemporary(error)) throw maildirTrouble(error)
    throw new Temporary('Unable to chdir to maildir. (#4.2.1)', { cause: error })
  }
}

let made = 0

/** `time.pid.host`; a process that delivers several times, as one .qmail file may ask for, tells them apart by `pid_N`. */
const uniqueName = (): Bytes => {
  made++
  return `${Math.floor(Date.now() / 1000)}.${process.pid}${made > 1 ? `_${made}` : ''}.${hostBytes()}`
}

const create = (path: Bytes, suffix: Bytes): { fd: number; name: Bytes } => {
  for (let tries = 1; ; tries++) {
    const name = uniqueName() + suffix
    try {
      return { fd: openSync(fsPath(`${path}/tmp/${name}`), 'wx', MAILDIR_MODE), name }
    } catch (error) {
      if (errorCode(error) !== 'EEXIST' || tries === TRIES) throw error
      pause(RETRY_MILLISECONDS)
    }
  }
}

const write = (fd: number, lines: HeaderLines, message: Message): void => {
  writeWhole(fd, Buffer.from(lines.returnPath + lines.deliveredTo, 'latin1'))
  for (const chunk of message.chunks()) writeWhole(fd, chunk)
  fsyncSync(fd)
}

/** Removes a file of tmp/, if it is there. */
export const forget = (file: Bytes): void => {
  try {
    unlinkSync(fsPath(file))
  } catch {
    // readers of the Maildir sweep tmp; new/ is what counts
  }
}

/** The link is the moment of delivery: it never replaces a file. The folder's fsync makes the new name last. */
const commit = (path: Bytes, name: Bytes): void => {
  linkSync(fsPath(`${path}/tmp/${name}`), fsPath(`${path}/new/${name}`))
  try {
    syncFolder(`${path}/new`)
  } catch (error) {
    if (!cannotSyncFolder(error)) throw error
  }
}

/**
 * Delivers into a Maildir (spec local-delivery.md 3.10), durably: the file, then its name in new/. Never creates the Maildir. All
 * trouble is Temporary and leaves nothing in tmp/. `suffix` ends the name.
 */
export const deliverToMaildir = (path: Bytes, lines: HeaderLines, message: Message, suffix: Bytes = ''): void => {
  enterMaildir(path)
  let tmp: Bytes | undefined
  try {
    const { fd, name } = create(path, suffix)
    tmp = `${path}/tmp/${name}`
    try {
      write(fd, lines, message)
    } finally {
      closeSync(fd)
    }
    commit(path, name)
  } catch (error) {
    throw error instanceof Temporary ? error : maildirTrouble(error)
  } finally {
    if (tmp !== undefined) forget(tmp)
  }
}
