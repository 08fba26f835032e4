import { isRoot, suiteUser } from '../os/ids.ts'

/**
 * How this process may put a message into the queue (docs/internals.md, Who can reach what). `writer`: it is qmailq, or the only user of a one-user
 * installation, and writes the queue itself; `become`: it is root, and must become qmailq first; `drop`: all others.
 * Throws Temporary when qmailq is unknown.
 */
export const doorFor = (home: string): 'writer' | 'become' | 'drop' => {
  if (suiteUser(home, 'qmailq').uid === process.getuid?.()) return 'writer'
  return isRoot() ? 'become' : 'drop'
}
