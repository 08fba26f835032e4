import { closeSync, openSync, renameSync, statSync } from 'node:fs'
import { type Bytes, fsPath } from '../core/bytes.ts'
import { fsyncLater, GroupSync } from '../os/group-sync.ts'
import type { HeaderLines } from './lines.ts'
import { enterMaildir, forget, hostBytes, MAILDIR_MODE, maildirTrouble } from './maildir.ts'
import { writeWhole } from './mbox.ts'

const folders = new GroupSync()
const host = hostBytes()
let made = 0

/**
 * `TIME.M<microseconds>P<pid>Q<count>.HOST`. Nobody else can have made this name: among the processes that live, pid and count are
 * ours alone, and time tells us from those that went before. That is what allows a rename where the first gear links.
 */
const uniqueName = (): Bytes => {
  const microseconds = Math.floor((performance.timeOrigin + performance.now()) * 1000)
  return `${Math.floor(microseconds / 1e6)}.M${microseconds % 1e6}P${process.pid}Q${++made}.${host}`
}

const write = async (file: Bytes, lines: HeaderLines, message: Buffer): Promise<void> => {
  const fd = openSync(fsPath(file), 'wx', MAILDIR_MODE)
  try {
    writeWhole(fd, Buffer.concat([Buffer.from(lines.returnPath + lines.deliveredTo, 'latin1'), message]))
    await fsyncLater(fd)
  } finally {
    closeSync(fd)
  }
}

/** Moves a file to a name that is not taken. */
const moveNew = (from: Bytes, to: Bytes): void => {
  if (statSync(fsPath(to), { throwIfNoEntry: false }) !== undefined) throw new Error('name taken')
  renameSync(fsPath(from), fsPath(to))
}

/** As deliverToMaildir, with other deliveries of the same process side by side: the fsyncs of new/ are shared. */
export const deliverGrouped = async (path: Bytes, lines: HeaderLines, message: Buffer): Promise<void> => {
  enterMaildir(path)
  const name = uniqueName()
  const tmp = `${path}/tmp/${name}`
  try {
    await write(tmp, lines, message)
    moveNew(tmp, `${path}/new/${name}`)
  } catch (error) {
    forget(tmp)
    throw maildirTrouble(error)
  }
  await folders.sync(`${path}/new`).catch((error: unknown) => {
    throw maildirTrouble(error)
  })
}
