import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { SettingsCache } from '../control/cache.ts'
import type { Bytes } from '../core/bytes.ts'
import { reason } from '../core/failure.ts'
import { printable } from '../core/logline.ts'
import { type Accepted, Acceptor } from './acceptor.ts'
import { failureOf } from './failure-words.ts'
import { relay } from './relay.ts'
import { FILES, readTlsdSettings } from './settings.ts'
import { CertificateStore } from './store.ts'
import { sslVariables } from './variables.ts'

/** One generation of settings: connections that began with it end with it. */
interface Generation {
  store: CertificateStore
  acceptor: Acceptor
}

/** How a certificate is logged: the client's address, or what came of it. */
const clientWord = ({ client, tls }: Accepted): string => {
  if (client === 'NONE') return '-'
  const name = sslVariables(tls, undefined, undefined, client).find(([key]) => key === 'SSL_CLIENT_S_DN_CN')?.[1] ?? '?'
  return client === 'SUCCESS' ? name : client
}

/** TLS for connections handed over: handshake, what is known of it, then bytes both ways. Knows nothing of what is said inside. */
export class TlsService {
  readonly #home: string
  readonly #log: (line: string) => void
  readonly #ticketKeys = randomBytes(48)
  readonly #settings: SettingsCache<Generation>

  constructor(home: string, log: (line: string) => void) {
    this.#home = home
    this.#log = (line) => log(`tls: ${printable(line)}`)
    this.#settings = new SettingsCache(home, FILES, () => this.#generation())
  }

  #generation(): Generation {
    const { context, asksClient, handshakeMilliseconds, warnings } = readTlsdSettings(this.#home)
    for (const warning of warnings) this.#log(warning)
    const options = { ...context, ticketKeys: this.#ticketKeys }
    const store = new CertificateStore(join(this.#home, 'control'), options, this.#log)
    return { store, acceptor: new Acceptor(store, options, handshakeMilliseconds, asksClient) }
  }

  /** Is there a certificate to show? What is in the way is logged. */
  isAble(): boolean {
    try {
      return this.#settings.get().store.forName(undefined) !== undefined
    } catch (error) {
      this.#log(`alert: ${reason(error)}`)
      return false
    }
  }

  lookAgain(): void {
    try {
      this.#settings.get().store.lookAgain()
    } catch {
      // isAble says what is wrong with the settings
    }
  }

  /**
   * Serves one connection to its end; never fails. `ready` is said in clear first; after the handshake `onSecured` hears the variables, and `plain` what
   * the client says. When there is no TLS to be had both are closed.
   */
  async serve(id: number, raw: Socket, ready: string, plain: Duplex, onSecured: (variables: [string, Bytes][]) => void): Promise<void> {
    plain.on('error', () => {}) // it closes, and relay notices
    raw.on('error', () => {})
    const accepted = await this.#shake(id, raw, ready)
    if (!accepted) {
      plain.destroy()
      raw.destroy()
      return
    }
    const { tls, sni, choice, client } = accepted
    onSecured(sslVariables(tls, sni, choice.commonName, client))
    await relay(tls, plain)
  }

  async #shake(id: number, raw: Socket, ready: string): Promise<Accepted | undefined> {
    const start = performance.now()
    try {
      if (ready !== '') raw.write(ready, 'latin1')
      const accepted = await this.#settings.get().acceptor.accept(raw)
      if (!accepted) throw Object.assign(new Error('no certificate'), { code: 'no_certificate' })
      const { tls, sni, choice } = accepted
      const ms = Math.round(performance.now() - start)
      this.#log(
        `id ${id} accept proto=${tls.getProtocol()} cipher=${tls.getCipher().name} sni=${sni ?? '-'} cert=${choice.file} client=${clientWord(accepted)} ms=${ms}`
      )
      return accepted
    } catch (error) {
      const { word, code } = failureOf(error)
      this.#log(`id ${id} fail reason=${word} error=${code}`)
      return undefined
    }
  }
}
