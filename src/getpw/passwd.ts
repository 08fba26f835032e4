import { readFileSync } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'
import { errorCode, reason, Temporary } from '../core/failure.ts'
import { startChild } from '../os/child.ts'
import { type Account, accountIn } from '../os/ids.ts'
import { identity } from '../os/own.ts'

const PASSWD = '/etc/passwd'
const NSSWITCH = '/etc/nsswitch.conf'
const GETENT_PATH = '/usr/bin:/bin:/usr/local/bin'
const GETENT_NOT_FOUND = 2

const readText = (file: string): Bytes => {
  try {
    return readFileSync(file, 'latin1')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return ''
    throw new Temporary(`unable to read ${file}: ${reason(error)}`, { cause: error })
  }
}

/** Keeps what was made of a file for as long as the file is the same. */
class Kept<T> {
  readonly #file: string
  readonly #make: (text: Bytes) => T
  #identity: string | undefined
  #value: { it: T } | undefined

  constructor(file: string, make: (text: Bytes) => T) {
    this.#file = file
    this.#make = make
  }

  get(): T {
    const now = identity(this.#file)
    if (this.#value === undefined || now !== this.#identity) this.#value = { it: this.#make(readText(this.#file)) }
    this.#identity = now
    return this.#value.it
  }
}

const accountsOf = (text: Bytes): Map<Bytes, Account> => {
  const accounts = new Map<Bytes, Account>()
  for (const line of text.split('\n')) {
    const name = line.slice(0, line.indexOf(':'))
    const account = name === '' || accounts.has(name) ? undefined : accountIn(line, name)
    if (account) accounts.set(name, account)
  }
  return accounts
}

/** Do accounts come from anywhere but /etc/passwd? */
const hasMoreSources = (nsswitch: Bytes): boolean => /^[ \t]*passwd:[ \t]*(?!files[ \t]*(?:#|$))[^#\s]/m.test(nsswitch)

/** Asks the system's user data base through getent. Temporary when it fails; a machine without getent has no more accounts. */
const getent = (name: Bytes): Promise<Account | undefined> =>
  new Promise((resolve, reject) => {
    const child = startChild('getent', ['passwd', '--', name], { stdio: ['ignore', 'pipe', 'ignore'], env: { PATH: GETENT_PATH } })
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
    })
    child.on('error', (error) => (errorCode(error) === 'ENOENT' ? resolve(undefined) : reject(new Temporary(`unable to run getent: ${reason(error)}`))))
    child.on('close', (code) => {
      // getent takes digits for a uid, so what it says is only believed about the name asked for
      if (code === 0) resolve(accountIn(text, name))
      else if (code === GETENT_NOT_FOUND) resolve(undefined)
      else reject(new Temporary('getent failed'))
    })
  })

/** The system's user data base: /etc/passwd, kept in memory until it changes, and whatever else nsswitch.conf names, asked afresh every time. */
export class UserTable {
  readonly #accounts = new Kept(PASSWD, accountsOf)
  readonly #hasMore = new Kept(NSSWITCH, hasMoreSources)

  /** The account of that name, or undefined. Temporary when the data base cannot be read. */
  async find(name: Bytes): Promise<Account | undefined> {
    return this.#accounts.get().get(name) ?? (this.#hasMore.get() && !/[:\n\0]/.test(name) ? getent(name) : undefined)
  }
}
