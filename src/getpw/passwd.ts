import type { Bytes } from '../core/bytes.ts'
import { errorCode, reason, Temporary } from '../core/failure.ts'
import { readNamedIfThere } from '../core/if-there.ts'
import { startChild } from '../os/child.ts'
import { type Account, accountIn } from '../os/ids.ts'
import { identity } from '../os/own.ts'

const PASSWD = '/etc/passwd'
const NSSWITCH = '/etc/nsswitch.conf'
const GETENT_PATH = '/usr/bin:/bin:/usr/local/bin'
const GETENT_NOT_FOUND = 2
const KNOWN_MILLISECONDS = 5000
const MAX_KNOWN = 10_000

const isAskable = (name: Bytes): boolean => !/[:\n\0]/.test(name)

const textOf = (file: string): Bytes => readNamedIfThere(file, file) ?? ''

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
    if (this.#value === undefined || now !== this.#identity) this.#value = { it: this.#make(textOf(this.#file)) }
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

/** Asks the system's user data base for all these names at once, through getent. Temporary when it fails; a machine without getent has no more accounts. */
const getent = (names: readonly Bytes[]): Promise<Map<Bytes, Account>> =>
  new Promise((resolve, reject) => {
    const child = startChild('getent', ['passwd', '--', ...names], { stdio: ['ignore', 'pipe', 'ignore'], env: { PATH: GETENT_PATH } })
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
    })
    child.on('error', (error) => (errorCode(error) === 'ENOENT' ? resolve(new Map()) : reject(new Temporary(`unable to run getent: ${reason(error)}`))))
    child.on('close', (code) => {
      // getent takes digits for a uid, so what it says is only believed about the names asked for
      const found = names.map((name) => [name, accountIn(text, name)] as const)
      if (code === 0 || code === GETENT_NOT_FOUND) resolve(new Map(found.flatMap(([name, account]) => (account ? [[name, account]] : []))))
      else reject(new Temporary('getent failed'))
    })
  })

/** The accounts that are not in /etc/passwd: asked for together, and what is heard, "not found" too, counts for a few seconds. */
class OtherAccounts {
  readonly #known = new Map<Bytes, { account: Account | undefined; until: number }>()

  async find(name: Bytes, names: readonly Bytes[]): Promise<Account | undefined> {
    const known = this.#fresh(name)
    if (known !== undefined) return known.account
    const unknown = names.filter((other) => isAskable(other) && this.#fresh(other) === undefined)
    const found = await getent(unknown)
    if (this.#known.size > MAX_KNOWN) this.#known.clear()
    const until = performance.now() + KNOWN_MILLISECONDS
    for (const other of unknown) this.#known.set(other, { account: found.get(other), until })
    return found.get(name)
  }

  #fresh(name: Bytes): { account: Account | undefined } | undefined {
    const known = this.#known.get(name)
    return known !== undefined && known.until > performance.now() ? known : undefined
  }
}

/** The system's user data base: /etc/passwd, kept in memory until it changes, and whatever else nsswitch.conf names. */
export class UserTable {
  readonly #accounts = new Kept(PASSWD, accountsOf)
  readonly #hasMore = new Kept(NSSWITCH, hasMoreSources)
  readonly #others = new OtherAccounts()

  /** The account of that name, or undefined; `candidates`: the names that may be asked for next, itself among them. Temporary when the data base cannot be read. */
  async find(name: Bytes, candidates: readonly Bytes[]): Promise<Account | undefined> {
    const accounts = this.#accounts.get()
    const account = accounts.get(name)
    if (account !== undefined || !this.#hasMore.get() || !isAskable(name)) return account
    return this.#others.find(
      name,
      candidates.filter((other) => !accounts.has(other))
    )
  }
}
