import { closeSync, openSync } from 'node:fs'
import { isatty } from 'node:tty'
import { readSetting } from '../control/read.ts'
import { type Bytes, lower, splitAddress, toBuffer } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { Permanent, Temporary, Usage } from '../core/failure.ts'
import { writeFd } from '../core/fdio.ts'
import { getopt } from '../core/getopt.ts'
import { logLine } from '../core/logline.ts'
import type { Context } from '../core/run.ts'
import { flock } from '../locks/flock.ts'
import { replaceTable } from '../os/table-file.ts'
import { hashPassword } from '../users/password.ts'
import { makeUserTable } from '../users/user-table.ts'
import { readVirtual } from '../users/virtual.ts'
import { addressOf, type VirtualUser, virtualLine, whatIsWrong } from '../users/virtual-file.ts'
import { askPassword } from './ask-password.ts'

const USAGE = `qmail-vuser: usage: qmail-vuser add [-q quota] [-f address[,address]] box@domain
qmail-vuser: usage: qmail-vuser set [-q quota] [-f address[,address]] box@domain
qmail-vuser: usage: qmail-vuser passwd box@domain
qmail-vuser: usage: qmail-vuser remove box@domain
qmail-vuser: usage: qmail-vuser list [domain]`
const FILE = 'users/virtual'
const LOCK_SECONDS = 60
/** Hashes are for those who check passwords. */
const PRIVATE_UMASK = 0o077
const TABLE_UMASK = 0o033

interface Request {
  action: string
  address: Bytes
  quota: Bytes | undefined
  forward: Bytes[] | undefined
}

const parse = ([action = '', ...args]: readonly Bytes[]): Request => {
  const { options, operands } = getopt('qmail-vuser', action === 'add' || action === 'set' ? 'q:f:' : '', USAGE, args)
  const given = (letter: string): Bytes | undefined => options.findLast((option) => option.letter === letter)?.value
  const [address = '', ...more] = operands
  const isKnown = action === 'list' ? more.length === 0 : ['add', 'set', 'passwd', 'remove'].includes(action) && operands.length === 1
  if (!isKnown) throw new Usage(USAGE)
  return { action, address: lower(address), quota: given('q'), forward: given('f')?.split(',').filter(Boolean) }
}

/** Does the work while nobody else changes the file. Temporary when somebody else does for too long. */
const locked = (work: () => void): void => {
  const fd = openSync('users/virtual.lock', 'a', 0o600)
  try {
    if (flock(fd, LOCK_SECONDS) === 'busy') throw new Temporary('somebody else is changing users/virtual')
    work()
  } finally {
    closeSync(fd)
  }
}

/** Puts the mailboxes in the file, then into the table. The old file comes back when the table cannot be made. */
const write = (home: string, users: readonly VirtualUser[], before: readonly VirtualUser[]): void => {
  const put = (list: readonly VirtualUser[]): void => {
    process.umask(PRIVATE_UMASK)
    replaceTable(FILE, `${FILE}.tmp`, toBuffer(list.map(virtualLine).join('')))
    process.umask(TABLE_UMASK)
  }
  put(users)
  try {
    makeUserTable(home)
  } catch (error) {
    put(before)
    throw error
  }
}

/** The mailbox as it is to be, but for its password. Permanent when it is there and must not be, or the other way round, or would be wrong. */
const changed = ({ action, address, quota, forward }: Request, old: VirtualUser | undefined): VirtualUser | undefined => {
  if (action === 'add' && old) throw new Permanent(`${address} is there already`)
  if (action !== 'add' && !old) throw new Permanent(`there is no ${address}`)
  if (action === 'remove') return undefined
  const { box, host: domain = '' } = splitAddress(address)
  const user = { box, domain, hash: old?.hash ?? '', quota: quota ?? old?.quota ?? '', forward: forward ?? old?.forward ?? [] }
  const wrong = whatIsWrong(user)
  if (wrong !== undefined) throw new Permanent(`${address}: ${wrong}`)
  return user
}

/** What else has to be said somewhere for the domain's mail to come here. */
const remind = (home: string, domain: Bytes): void => {
  const isVirtual = readSetting(home, 'virtualdomains')?.get(domain) === domain
  if (!isVirtual)
    logLine(
      2,
      `qmail-vuser: mail for ${domain} does not come here yet: control/virtualdomains needs the line ${domain}:${domain}, control/rcpthosts the line ${domain}; then send qmail-send a HUP`
    )
}

const list = (home: string, domain: Bytes): void => {
  const users = readVirtual(home).filter((user) => domain === '' || user.domain === domain)
  for (const user of users) writeFd(1, toBuffer(`${addressOf(user)}:${user.quota}:${user.forward.join(',')}\n`))
}

const find = (users: readonly VirtualUser[], address: Bytes): VirtualUser | undefined => users.find((user) => addressOf(user) === address)

/** The new password's hash; undefined: it stays as it is. Asked for before anything is locked: whoever types holds up nobody. */
const newHash = async (home: string, request: Request): Promise<Bytes | undefined> => {
  if (request.action !== 'add' && request.action !== 'passwd') return undefined
  changed(request, find(readVirtual(home), request.address)) // what is wrong already is told before the question
  return hashPassword(await askPassword(isatty(0), request.address))
}

const change = (home: string, request: Request, hash: Bytes | undefined): void => {
  const before = readVirtual(home)
  const old = find(before, request.address)
  const wanted = changed(request, old)
  const user = wanted && hash !== undefined ? { ...wanted, hash } : wanted
  const rest = before.filter((other) => other !== old)
  // a mailbox keeps its place in the file
  const users = old && user ? before.map((other) => (other === old ? user : other)) : [...rest, ...(user ? [user] : [])]
  write(home, users, before)
  if (request.action === 'add' && user) remind(home, user.domain)
}

/** qmail-vuser: adds, changes, removes and lists mailboxes of users/virtual, and makes the table of users anew. */
export const vuser = async ({ args, home }: Context): Promise<number> => {
  const request = parse(args)
  process.chdir(home)
  if (request.action === 'list') {
    list(home, request.address)
    return Exit.ok
  }
  const hash = await newHash(home, request)
  locked(() => change(home, request, hash))
  return Exit.ok
}
