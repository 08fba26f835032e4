import type { Socket } from 'node:net'
import { type SecureContextOptions, Server, type TLSSocket } from 'node:tls'
import type { CertificateStore, Choice, ContextOptions } from './store.ts'
import type { ClientVerdict } from './variables.ts'

/** A handshake that was done. */
export interface Accepted {
  tls: TLSSocket
  /** The name the client asked for, as it did. */
  sni: string | undefined
  choice: Choice
  client: ClientVerdict
}

/** A handshake under way. */
interface Pending {
  choice: Choice
  resolve: (accepted: Accepted) => void
  reject: (error: unknown) => void
}

/** Node keeps the socket under a TLS one here; it has no other way to say which one it was. */
const below = (tls: TLSSocket): Socket => (tls as TLSSocket & { _parent: Socket })._parent

const verdictOf = (tls: TLSSocket, asksClient: boolean): ClientVerdict => {
  if (!asksClient || Object.keys(tls.getPeerCertificate()).length === 0) return 'NONE'
  return tls.authorized ? 'SUCCESS' : `FAILED:${String(tls.authorizationError)}`
}

/**
 * The server's side of TLS on sockets that others accepted. No renegotiation, no early data; session tickets for as long as this process lives.
 * `handshakeMilliseconds`: patience for a handshake. `asksClient`: clients are asked for a certificate, and served without one too.
 */
export class Acceptor {
  readonly #server: Server
  readonly #store: CertificateStore
  readonly #pending = new Map<Socket, Pending>()
  /** What clients get that ask for no name. */
  #default: Choice | undefined

  constructor(store: CertificateStore, options: ContextOptions, handshakeMilliseconds: number, asksClient: boolean) {
    this.#store = store
    this.#server = new Server({
      ...options,
      SNICallback: (name, done) => done(null, store.forName(name)?.context),
      requestCert: asksClient,
      rejectUnauthorized: false,
      handshakeTimeout: handshakeMilliseconds,
      allowHalfOpen: true,
      sessionIdContext: 'qmail-tlsd'
    } satisfies ConstructorParameters<typeof Server>[0] & SecureContextOptions)
    this.#server.on('secureConnection', (tls) => this.#onSecure(tls, asksClient))
    this.#server.on('tlsClientError', (error, tls) => this.#onFailure(error, tls))
  }

  /**
   * Leads a handshake on a connection nobody has read from. Rejects with OpenSSL's or the system's error; the connection is closed then. Undefined, at once, when
   * there is no certificate to show.
   */
  accept(raw: Socket): Promise<Accepted> | undefined {
    const choice = this.#store.forName(undefined)
    if (!choice) return undefined
    if (choice !== this.#default) this.#server.setSecureContext(choice.material)
    this.#default = choice
    return new Promise((resolve, reject) => {
      this.#pending.set(raw, { choice, resolve, reject })
      raw.once('close', () => this.#settle(raw)?.reject(Object.assign(new Error('closed within the handshake'), { code: 'ERR_TLS_CLOSED' })))
      this.#server.emit('connection', raw)
    })
  }

  #settle(raw: Socket): Pending | undefined {
    const pending = this.#pending.get(raw)
    this.#pending.delete(raw)
    return pending
  }

  #onSecure(tls: TLSSocket, asksClient: boolean): void {
    const pending = this.#settle(below(tls))
    if (!pending) {
      tls.destroy()
      return
    }
    tls.disableRenegotiation()
    const sni = typeof tls.servername === 'string' ? tls.servername : undefined
    const choice = (sni === undefined ? undefined : this.#store.forName(sni)) ?? pending.choice
    pending.resolve({ tls, sni, choice, client: verdictOf(tls, asksClient) })
  }

  #onFailure(error: Error, tls: TLSSocket): void {
    const raw = below(tls)
    this.#settle(raw)?.reject(error)
    tls.destroy()
    raw.destroy()
  }
}
