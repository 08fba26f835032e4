import type { Bytes } from '../core/bytes.ts'
import { date822 } from '../format/date822.ts'
import { suiteUser } from '../os/ids.ts'

/** The users whose mail is named by what they do, in the order they are tested (spec queue.md 2). */
const KNOWN = [
  ['alias', 'by alias'],
  ['qmaild', 'from network'],
  ['qmails', 'for bounce']
] as const

/**
 * Looks up the suite's users once, and gives a function that words a real uid for the `Received` line. In a one-user installation,
 * where the users are all the same, uids say nothing: `by uid N`. Throws Temporary when a user is unknown.
 */
export const whoTeller = (home: string): ((uid: number) => string) => {
  const known = KNOWN.map(([name, words]) => ({ uid: suiteUser(home, name).uid, words }))
  const isOneUser = known.every((user) => user.uid === known[0]?.uid)
  return (uid) => (isOneUser ? undefined : known.find((user) => user.uid === uid)?.words) ?? `by uid ${uid}`
}

/** Who a real uid is, see whoTeller. */
export const whoIs = (home: string, uid: number): string => whoTeller(home)(uid)

/** The line qmail-queue puts before every message, with its LF. `qp`: the process or message number; `who`: see whoIs. */
export const receivedLine = (qp: number, who: string, milliseconds: number): Bytes => `Received: (qmail ${qp} invoked ${who}); ${date822(milliseconds)}\n`
