import { constants, fstatSync, fsyncSync, ftruncateSync, openSync } from 'node:fs'
import { type Bytes, fsPath } from '../core/bytes.ts'
import { reason, Temporary } from '../core/failure.ts'
import { mboxLines } from '../format/mbox-lines.ts'
import { lockMbox } from '../locks/mbox-lock.ts'
import { cannotSyncFolder, syncFolder } from '../os/durable.ts'
import type { Message } from '../os/message.ts'
import { fromHome, writeWhole } from './files.ts'
import type { HeaderLines } from './lines.ts'

const LOCK_SECONDS = 30
const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants

const open = (path: Bytes, name: Bytes): number => {
  try {
    return openSync(fsPath(path), O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o600)
  } catch (error) {
    throw new Temporary(`Unable to open ${name}: ${reason(error)}. (#4.2.1)`, { cause: error })
  }
}

/** A file that may be new needs its name made durable as well. */
const syncName = (path: Bytes): void => {
  try {
    syncFolder(path.slice(0, path.lastIndexOf('/') + 1))
  } catch (error) {
    if (!cannotSyncFolder(error)) throw error
  }
}

const append = (fd: number, lines: HeaderLines, message: Message): void => {
  writeWhole(fd, Buffer.from(lines.from + lines.returnPath + lines.deliveredTo, 'latin1'))
  for (const piece of mboxLines(message.chunks())) writeWhole(fd, piece)
  fsyncSync(fd)
}

const truncate = (fd: number, size: number): void => {
  try {
    ftruncateSync(fd, size)
  } catch {
    // not a file that can be cut back; the failure is reported all the same
  }
}

/**
 * Appends the message to an mbox, under its lock file and an flock, and makes it durable (spec local-delivery.md 3.9). Trouble is
 * Temporary, and what was written is cut off again, if the lock was ours. Where flock does not work at all, the message is written without.
 */
export const deliverToMbox = (homedir: Bytes, name: Bytes, lines: HeaderLines, message: Message): void => {
  const path = fromHome(homedir, name)
  const mbox = lockMbox(path, () => open(path, name), LOCK_SECONDS)
  if (mbox === undefined) throw new Temporary(`Unable to lock ${name} for ${LOCK_SECONDS} seconds. (#4.3.0)`)
  try {
    const { size } = fstatSync(mbox.fd)
    try {
      append(mbox.fd, lines, message)
      if (size === 0) syncName(path)
    } catch (error) {
      if (mbox.isFlocked) truncate(mbox.fd, size)
      if (error instanceof Temporary) throw error
      throw new Temporary(`Unable to write ${name}: ${reason(error)}. (#4.3.0)`, { cause: error })
    }
  } finally {
    mbox.release()
  }
}
