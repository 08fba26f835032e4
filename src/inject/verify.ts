import { readSetting } from '../control/read.ts'
import { type Bytes, toBuffer } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { Permanent, Temporary } from '../core/failure.ts'
import { chunks, writeFd } from '../core/fdio.ts'
import { printable } from '../core/logline.ts'
import type { Context } from '../core/run.ts'
import { firstOf, routeKeys, routePlace } from '../format/smtproutes.ts'
import { isRoot, suiteGroup, suiteUser } from '../os/ids.ts'
import type { Routing } from '../queue/rewrite.ts'
import { type Getpw, getpwFor } from '../spawn/lookup.ts'
import { readRouting, type Whereabouts, whereIs } from '../spawn/whereabouts.ts'
import { addressesIn } from './front-end.ts'
import { completeAddress } from './rewrite.ts'
import { readOrigin } from './settings.ts'

const FD = { in: 0, out: 1 } as const
/** A process asks once: qmail-getpw is not kept. */
const FIRST_GEAR = ['qmail-getpw']
/** A longer line of input is no address. */
const MAX_LINE_BYTES = 65_536

/** The relay of a host's mail, empty without one. smtproutes may hold passwords, which the caller may not read: undefined. */
const relayFor = (home: string, host: Bytes): Bytes | undefined => {
  try {
    return routePlace(firstOf(routeKeys(host), readSetting(home, 'smtproutes') ?? new Map()) ?? '')
  } catch (error) {
    if (error instanceof Temporary) return undefined
    throw error
  }
}

const byRelay = (relay: Bytes | undefined): string => (relay === undefined ? ', by control/smtproutes or MX' : relay === '' ? '' : `, relay ${relay}`)

/** In sendmail's words, where there are some; and the exit code it deserves. */
const told = (home: string, place: Whereabouts): { text: Bytes; code: number } => {
  switch (place.kind) {
    case 'remote':
      return { text: `deliverable: mailer remote, host ${place.host}, user ${place.address}${byRelay(relayFor(home, place.host))}`, code: Exit.ok }
    case 'nobody':
      return { text: 'deliverable: mailer local, to nobody', code: Exit.ok }
    case 'user':
      return {
        text: `deliverable: mailer local, user ${place.user}, ${place.file === undefined ? `home ${place.homedir}` : `by ${place.file}`}`,
        code: Exit.ok
      }
    case 'absent':
      return { text: 'User unknown', code: Exit.permanent }
    case 'unknown':
      return { text: `cannot be told: ${place.why}`, code: Exit.temporary }
  }
}

/** One address a line of descriptor 0, without the rule sets sendmail's test mode has before it (`3,0 user@host`). */
function* linesOf(fd: number): Generator<Bytes> {
  let rest = ''
  for (const chunk of chunks(fd)) {
    const lines = (rest + chunk.toString('latin1')).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
    if (rest.length > MAX_LINE_BYTES) throw new Permanent('a line of the input is too long')
  }
  if (rest !== '') yield rest
}

function* typedAddresses(fd: number): Generator<Bytes> {
  for (const line of linesOf(fd)) {
    const address = line.replace(/^[0-9]+(,[0-9]+)*[ \t]+/, '').trim()
    if (address === '/quit') return
    if (address !== '') yield address
  }
}

interface Asker {
  home: string
  complete: (address: Bytes) => Bytes | undefined
  routing: Routing
  getpw: Getpw
}

/** Says of one operand, an address or a list of them, where each would go. Gives back the exit code it deserves. */
const answer = async ({ home, complete, routing, getpw }: Asker, operand: Bytes): Promise<number> => {
  let worst: number = Exit.ok
  const say = (address: Bytes, text: Bytes, code: number): void => {
    worst = Math.max(worst, code)
    writeFd(FD.out, toBuffer(`${printable(address)}... ${printable(text)}\n`))
  }
  const addresses = addressesIn(operand)
  if (addresses === undefined) say(operand, 'unable to parse address', Exit.permanent)
  for (const given of addresses ?? []) {
    const address = complete(given)
    if (address === undefined || address === '') say(given, 'unable to parse address', Exit.permanent)
    else {
      const { text, code } = told(home, await whereIs(address, routing, getpw))
      say(address, text, code)
    }
  }
  return worst
}

/**
 * sendmail -bv and -bt: says on descriptor 1 where each address would go, by the look-ups of qmail-inject, qmail-send and qmail-lspawn; delivers nothing. Without
 * `operands`, addresses are read from descriptor 0 (-bt). Exit code 0: all deliverable; 100: one is not; 111: one cannot be told. Throws Temporary.
 */
export const verify = async (context: Context, operands: readonly Bytes[] | undefined): Promise<number> => {
  const { home, env } = context
  const { hosts } = readOrigin(context, Date.now(), process.pid)
  const ids = isRoot() ? { uid: suiteUser(home, 'qmailp').uid, gid: suiteGroup(home, 'nofiles') } : undefined
  const asker = { home, complete: (a: Bytes) => completeAddress(a, hosts), routing: readRouting(home), getpw: getpwFor({ home, env }, FIRST_GEAR, ids) }
  let worst: number = Exit.ok
  for (const operand of operands ?? typedAddresses(FD.in)) worst = Math.max(worst, await answer(asker, operand))
  return worst
}
