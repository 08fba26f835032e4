import { readdirSync, statSync, unlinkSync } from 'node:fs'
import { type Bytes, fsPath } from '../core/bytes.ts'
import { reason, Temporary } from '../core/failure.ts'

/** Files of tmp/ that nobody has looked at for so long (36 hours) belong to no delivery any more. */
const STALE_MILLISECONDS = 129_600_000

/** One message of a Maildir: its path, and when it came. */
export interface MaildirFile {
  path: Bytes
  milliseconds: number
}

/** Names in a folder of the Maildir that is the current folder; those that begin with a dot are nobody's. Temporary if it cannot be read. */
const namesIn = (folder: string): Bytes[] => {
  try {
    return readdirSync(folder, 'latin1').filter((name) => !name.startsWith('.'))
  } catch (error) {
    throw new Temporary(`unable to scan $MAILDIR/${folder}: ${reason(error)}`, { cause: error })
  }
}

/** Removes what old deliveries left in tmp/ of the current folder. A file that cannot be removed does not matter. */
export const sweepTmp = (now: number): void => {
  for (const name of namesIn('tmp')) {
    const path = fsPath(`tmp/${name}`)
    try {
      if (now - statSync(path).atimeMs > STALE_MILLISECONDS) unlinkSync(path)
    } catch {
      // somebody else was faster
    }
  }
}

/** The messages of the current folder, oldest first; those of this very second and of the future are left for next time. */
export const messagesBefore = (now: number): MaildirFile[] => {
  const second = Math.floor(now / 1000) * 1000
  return ['new', 'cur']
    .flatMap((folder) => namesIn(folder).map((name) => `${folder}/${name}`))
    .map((path) => ({ path, milliseconds: Math.floor(statSync(fsPath(path)).mtimeMs / 1000) * 1000 }))
    .filter(({ milliseconds }) => milliseconds < second)
    .sort((a, b) => a.milliseconds - b.milliseconds)
}
