import { closeSync, openSync } from 'node:fs'
import { type Bytes, fsPath } from '../core/bytes.ts'
import { writeWhole } from './files.ts'
import { GroupCommit } from './group-commit.ts'
import type { HeaderLines } from './lines.ts'
import { enterMaildir, forget, hostBytes, MAILDIR_MODE, maildirTrouble } from './maildir.ts'
import { ParentSyncs, Syncs } from './syncs.ts'

/** The rounds that all deliveries share. */
export const parentSyncs = new ParentSyncs()
const group = new GroupCommit(new Syncs(parentSyncs))
const host = hostBytes()
let made = 0

/**
 * `TIME.M<microseconds>P<pid>Q<count>.HOST`, of a time in microseconds; six digits, so that names sort as they were made. Nobody else
 * can have made this name: among the processes that live, pid and count are ours alone, and time tells us from those that went before.
 * That is what allows a rename where the first gear links.
 */
export const uniqueName = (microseconds: number): Bytes =>
  `${Math.floor(microseconds / 1e6)}.M${String(microseconds % 1e6).padStart(6, '0')}P${process.pid}Q${++made}.${host}`

/** Copying so much costs more than another system call. */
const LARGE_BYTES = 32_768

const nowMicroseconds = (): number => Math.floor((performance.timeOrigin + performance.now()) * 1000)

const write = (file: Bytes, lines: HeaderLines, message: Buffer): number => {
  const fd = openSync(fsPath(file), 'wx', MAILDIR_MODE)
  try {
    const added = Buffer.from(lines.returnPath + lines.deliveredTo, 'latin1')
    for (const piece of message.length < LARGE_BYTES ? [Buffer.concat([added, message])] : [added, message]) writeWhole(fd, piece)
    return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/** As deliverToMaildir, with other deliveries of the same process side by side, sharing their fsyncs. `written` is called when only durability is waited for; `hasCompany`: others are under way. */
export const deliverGrouped = async (path: Bytes, lines: HeaderLines, message: Buffer, written: () => void, hasCompany: boolean): Promise<void> => {
  enterMaildir(path)
  const name = uniqueName(nowMicroseconds())
  const from = `${path}/tmp/${name}`
  try {
    const fd = write(from, lines, message)
    written()
    await group.commit({ fd, from, to: `${path}/new/${name}`, folder: `${path}/new`, hasCompany })
  } catch (error) {
    forget(from)
    throw maildirTrouble(error)
  }
}
