import { readdirSync, renameSync, type Stats, statSync, unlinkSync } from 'node:fs'
import { type Bytes, fsPath } from '../core/bytes.ts'

/** One message of a Maildir. */
export interface Message {
  /** `new/NAME` or `cur/NAME`. */
  path: Bytes
  /** What it is known by, whatever its flags: the name up to the colon. */
  uid: Bytes
  bytes: number
  isDeleted: boolean
}

/** What is left in tmp/ so long after it was last read is nobody's. */
const STALE_SECONDS = 129_600

const names = (folder: string): Bytes[] => readdirSync(folder, { encoding: 'latin1' }).filter((name) => !name.startsWith('.'))

const statusOf = (path: Bytes): Stats | undefined => {
  try {
    return statSync(fsPath(path))
  } catch {
    return undefined // another program may move it meanwhile
  }
}

/** Does it, if that can be done; the program goes on without. */
const attempt = (work: () => void): boolean => {
  try {
    work()
    return true
  } catch {
    return false
  }
}

/** Removes what deliveries that never ended left in the present Maildir's tmp/. */
export const sweep = (nowMs: number): void => {
  attempt(() => {
    for (const name of names('tmp')) {
      const status = statusOf(`tmp/${name}`)
      if (status && nowMs - status.atimeMs > STALE_SECONDS * 1000) attempt(() => unlinkSync(fsPath(`tmp/${name}`)))
    }
  })
}

/** The messages of the present folder, a Maildir, oldest first: those that came before this second. Throws system errors. */
export const scan = (nowMs: number): Message[] => {
  const second = Math.floor(nowMs / 1000)
  const found: { message: Message; seconds: number }[] = []
  for (const folder of ['new', 'cur'])
    for (const name of names(folder)) {
      const path = `${folder}/${name}`
      const status = statusOf(path)
      const seconds = Math.floor((status?.mtimeMs ?? 0) / 1000)
      if (status && seconds < second) found.push({ message: { path, uid: name.split(':', 1)[0] ?? '', bytes: status.size, isDeleted: false }, seconds })
    }
  found.sort((a, b) => a.seconds - b.seconds || (a.message.uid < b.message.uid ? -1 : 1))
  return found.map(({ message }) => message)
}

/** What QUIT does: removes the deleted messages, and moves those of new/ to cur/. False if one could not be removed. */
export const settle = (messages: readonly Message[]): boolean => {
  let isWhole = true
  for (const { path, isDeleted } of messages) {
    if (isDeleted) isWhole = attempt(() => unlinkSync(fsPath(path))) && isWhole
    else if (path.startsWith('new/')) attempt(() => renameSync(fsPath(path), fsPath(`cur/${path.slice(4)}:2,`)))
  }
  return isWhole
}
