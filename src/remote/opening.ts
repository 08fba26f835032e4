import type { Bytes } from '../core/bytes.ts'
import { type Connection, HandshakeFailed } from '../net/client.ts'
import { type Reply, readReply } from '../net/client-reply.ts'
import type { CoprocessorSession } from '../net/coprocessor.ts'
import type { TlsPeer } from '../net/tls-peer.ts'
import { authenticate, type Credentials } from './auth.ts'
import { withAnchors } from './dane-check.ts'
import { NO_OFFERS, type Offers, offersIn } from './offers.ts'
import { report } from './report.ts'
import { complaint, described, failedReport, noRequireTlsReport, notOfferedReport, refusedReport, type Tls, unverifiedReport, wishOf } from './secure.ts'
import type { Settings } from './settings.ts'

/** What control/ says about how to talk. */
export type Talk = Pick<Settings, 'helohost' | 'unusedExtensions' | 'mayAuthClear' | 'refusesEightBit'>

/** How one host is talked to. */
export interface Manner {
  /** undefined: TLS is not spoken here. */
  tls: Tls | undefined
  /** TLS from the first byte on, without STARTTLS. */
  isTlsAtOnce: boolean
  /** Who we are to a relay. */
  credentials: Credentials | undefined
  /** Why TLS, which was to be had, is not used. */
  clearBecause?: string
}

const NOTHING: ReadonlySet<Bytes> = new Set()
const isPermanent = ({ code }: Reply): boolean => code >= 500
const isLoopback = (ip: string): boolean => ip.startsWith('127.') || ip === '::1'

/** The way in, up to where mail may be offered: greeting, names, TLS, who we are (spec network.md 6.4, modern.md 3.2). */
export class Opening {
  readonly #connection: Connection
  readonly #ip: string
  readonly #settings: Talk
  readonly #manner: Manner
  #isSecret = false
  /** What the server offers now. */
  offers: Offers = NO_OFFERS
  /** The other end of TLS, once that stands, whatever its certificate is worth. */
  secured: TlsPeer | undefined
  /** What is to be said of TLS when the message is taken. */
  tlsLine: Bytes = ''
  /** How the same host may be asked once more, on another connection. */
  retry: Manner | undefined

  constructor(connection: Connection, ip: string, settings: Talk, manner: Manner) {
    this.#connection = connection
    this.#ip = ip
    this.#settings = settings
    this.#manner = manner
  }

  /** Goes all the way in. A report: we were turned away, or go away. Throws ConnectionDied. */
  async enter(): Promise<Bytes | undefined> {
    const { tls, isTlsAtOnce } = this.#manner
    const early = isTlsAtOnce ? await this.#handshake(tls && (await tls.coprocessor?.(wishOf(tls)))) : undefined
    if (early !== undefined) return early
    const greeting = await readReply(this.#connection)
    if (greeting.code !== 220) return report('Z', `Connected to ${this.#ip} but greeting failed.\n`, greeting)
    return (await this.#hello()) ?? (isTlsAtOnce ? undefined : await this.#starttls()) ?? (await this.#login()) ?? this.#demand()
  }

  async #hello(): Promise<Bytes | undefined> {
    const { helohost } = this.#settings
    const isExtended = this.#settings.unusedExtensions ?? (this.#manner.tls || this.#manner.credentials ? NOTHING : undefined)
    this.offers = NO_OFFERS // what was offered in clear does not count inside TLS
    const ehlo = isExtended && (await this.#ask(`EHLO ${helohost}`))
    if (ehlo?.code === 250) this.offers = offersIn(ehlo, isExtended ?? NOTHING)
    if (ehlo?.code === 250) return undefined
    // who does not know EHLO is asked as in the old days (RFC 5321 3.2)
    const helo = ehlo !== undefined && !isPermanent(ehlo) ? ehlo : await this.#ask(`HELO ${helohost}`)
    return helo.code === 250 ? undefined : report('Z', `Connected to ${this.#ip} but my name was rejected.\n`, helo)
  }

  /** STARTTLS (RFC 3207), where it is offered and wanted. A report: the host is not spoken to without it. */
  async #starttls(): Promise<Bytes | undefined> {
    const { tls } = this.#manner
    if (tls === undefined) return undefined
    const { clearBecause } = this.#manner
    this.tlsLine = clearBecause === undefined ? 'TLS: none.\n' : `TLS: none, it failed: ${clearBecause}.\n`
    if (tls.policy.level === 'none') return undefined
    const isNeeded = tls.policy.level !== 'opportunistic'
    if (!this.offers.isStarttls) return isNeeded ? notOfferedReport(tls) : undefined
    const session = await tls.coprocessor?.(wishOf(tls))
    const reply = await this.#ask('STARTTLS').catch((error: unknown) => {
      session?.destroy()
      throw error
    })
    if (reply.code === 220) return (await this.#handshake(session)) ?? this.#hello()
    session?.destroy()
    return isNeeded ? refusedReport(tls) : undefined
  }

  /** `session`: the coprocessor's, where there is to be one. */
  async #handshake(session: CoprocessorSession | undefined): Promise<Bytes | undefined> {
    const { tls } = this.#manner
    if (tls === undefined) return undefined
    try {
      const peer = await (session ? this.#connection.secureBy(session, tls.seconds) : this.#connection.secure(wishOf(tls), tls.seconds))
      this.secured = peer
      const wrong = complaint(peer, tls)
      const dane = wrong === undefined || tls.policy.dane === undefined ? undefined : withAnchors(peer, tls.policy.dane)
      if (dane) this.retry = { ...this.#manner, tls: { ...tls, policy: { ...tls.policy, dane } } }
      if (wrong !== undefined) return unverifiedReport(tls, wrong)
      this.#isSecret = true
      this.tlsLine = `TLS: ${described(peer, tls.policy)}.\n`
      return undefined
    } catch (error) {
      if (!(error instanceof HandshakeFailed)) throw error
      if (tls.policy.level === 'opportunistic' && !this.#manner.isTlsAtOnce)
        this.retry = { ...this.#manner, tls: { ...tls, policy: { ...tls.policy, level: 'none' } }, clearBecause: error.message }
      return failedReport(tls, error.message)
    }
  }

  async #login(): Promise<Bytes | undefined> {
    const { credentials } = this.#manner
    if (credentials === undefined) return undefined
    const maySend = this.#isSecret || this.#settings.mayAuthClear || isLoopback(this.#ip)
    return authenticate((line) => this.#ask(line), this.#ip, credentials, this.offers.auth, this.#isSecret, maySend)
  }

  /** A host that would not demand TLS of the next one does not get a message that does (RFC 8689 4.2.1). */
  #demand(): Bytes | undefined {
    return this.#manner.tls?.isRequired && !this.offers.isRequireTls ? noRequireTlsReport(this.#ip) : undefined
  }

  async #ask(command: Bytes): Promise<Reply> {
    await this.#connection.write(`${command}\r\n`)
    return readReply(this.#connection)
  }
}
