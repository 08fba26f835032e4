import { statSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import { CERTIFICATE, type Credentials, KEY, readCredentials, SECOND_CERTIFICATE } from '../control/credentials.ts'
import { reason } from '../core/failure.ts'
import { foldersFor } from './folders.ts'

/** A folder is looked at again after this long. */
const LOOK_MILLISECONDS = 1000
const WARN_MILLISECONDS = 3_600_000
const DAY_MILLISECONDS = 86_400_000
const SOON_DAYS = 7
/** So many folders are remembered: clients choose the names. */
const MAX_FOLDERS = 1000

/** What a context is made with besides certificate and key. */
export interface ContextOptions {
  ciphers?: string | undefined
  minVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'
  ca?: string | undefined
  crl?: string | undefined
  /** 48 bytes: who has them can go on with an earlier session. */
  ticketKeys: Buffer
}

/** A certificate in use. */
export interface Choice {
  context: SecureContext
  /** What the context was made from. */
  material: SecureContextOptions
  /** Where it came from, below control/: for the log. */
  file: string
  /** The common name of its subject. */
  commonName: string | undefined
}

interface Entry {
  identity: string
  lookedAt: number
  choice: Choice | undefined
  /** When its certificate began to be used, for the warning about its successor. */
  since: Date
  warnedAt: number
  expiryWarnedAt: number
}

const identityOf = (folder: string): string =>
  [CERTIFICATE, SECOND_CERTIFICATE, KEY]
    .map((name) => {
      const s = statSync(join(folder, name), { throwIfNoEntry: false })
      return s ? `${s.dev}:${s.ino}:${s.size}:${s.mtimeMs}` : '-'
    })
    .join(' ')

const commonNameOf = ({ leaf }: Credentials): string | undefined => /^CN=(.+)$/m.exec(leaf.subject ?? '')?.[1]

/**
 * The certificates of control/ (spec modern.md 1.5): the default one and those of servercerts/, each read again when its files are others
 * than before, looked at no more than once a second. One that cannot be used never takes the place of one that can.
 */
export class CertificateStore {
  readonly #control: string
  readonly #options: ContextOptions
  readonly #warn: (line: string) => void
  readonly #now: () => number
  readonly #entries = new Map<string, Entry>()

  /** `control`: the folder. `now`: milliseconds of the clock on the wall, for expiry and intervals. */
  constructor(control: string, options: ContextOptions, warn: (line: string) => void, now: () => number = Date.now) {
    this.#control = control
    this.#options = options
    this.#warn = warn
    this.#now = now
  }

  /** The certificate for a name a client asked for; the default one where there is none of its own. Undefined: TLS is not to be had. */
  forName(name: string | undefined): Choice | undefined {
    for (const folder of name === undefined ? [] : foldersFor(name)) {
      const choice = this.#look(join('servercerts', folder))
      if (choice) return choice
    }
    return this.#look('.')
  }

  /** Makes the next question look at the files, however soon it comes. */
  lookAgain(): void {
    for (const entry of this.#entries.values()) entry.lookedAt = Number.NEGATIVE_INFINITY
  }

  #look(folder: string): Choice | undefined {
    const now = this.#now()
    const known = this.#entries.get(folder)
    if (known && now - known.lookedAt < LOOK_MILLISECONDS && now >= known.lookedAt) return known.choice
    const entry = known ?? this.#remember(folder)
    entry.lookedAt = now
    try {
      this.#refresh(folder, entry, now)
    } catch (error) {
      this.#refuse(folder, entry, error, now)
    }
    return entry.choice
  }

  #remember(folder: string): Entry {
    const oldest = this.#entries.keys().next().value
    if (this.#entries.size >= MAX_FOLDERS && oldest !== undefined) this.#entries.delete(oldest)
    const never = Number.NEGATIVE_INFINITY
    const entry: Entry = { identity: '', lookedAt: never, choice: undefined, since: new Date(0), warnedAt: never, expiryWarnedAt: never }
    this.#entries.set(folder, entry)
    return entry
  }

  #refresh(folder: string, entry: Entry, now: number): void {
    const identity = identityOf(join(this.#control, folder))
    if (identity === entry.identity) return
    const credentials = readCredentials(join(this.#control, folder), new Date(now))
    entry.choice = credentials && this.#choice(folder, credentials)
    entry.identity = identity // a bad one is read again at the next look: a key may follow its certificate
    entry.since = new Date(now)
    if (credentials) this.#warnOfExpiry(folder, credentials, entry, now)
  }

  #choice(folder: string, credentials: [Credentials, ...Credentials[]]): Choice {
    const material = { ...this.#options, cert: credentials.map((c) => c.chain), key: credentials.map((c) => c.key) }
    return { context: createSecureContext(material), material, file: join(folder, CERTIFICATE), commonName: commonNameOf(credentials[0]) }
  }

  #warnOfExpiry(folder: string, credentials: Credentials[], entry: Entry, now: number): void {
    const ends = Math.min(...credentials.map(({ leaf }) => leaf.validToDate.getTime()))
    const days = Math.floor((ends - now) / DAY_MILLISECONDS)
    if (days > SOON_DAYS || now - entry.expiryWarnedAt < DAY_MILLISECONDS) return
    entry.expiryWarnedAt = now
    this.#warn(`warning: ${join(folder, CERTIFICATE)} expires in ${days} days`)
  }

  #refuse(folder: string, entry: Entry, error: unknown, now: number): void {
    if (now - entry.warnedAt < WARN_MILLISECONDS) return
    entry.warnedAt = now
    const keeping = entry.choice ? `, keeping the one of ${entry.since.toISOString()}` : ''
    this.#warn(`warning: ${join(folder, CERTIFICATE)} not usable${keeping}: ${reason(error)}`)
  }
}
