import type { Bytes } from '../core/bytes.ts'
import { logLine } from '../core/logline.ts'
import type { Peer } from '../serve/received.ts'
import { SESSION } from '../spawn/handover.ts'
import { isEncrypted, protocolName } from './protocol.ts'
import type { LogKind } from './settings.ts'
import type { Envelope, State } from './state.ts'

const STDERR = 2
/** Of a list of recipients, or of one long text, a line has so much. */
const MAX_FIELD_BYTES = 1000

/** Strangers choose these texts: each stays one word of one line. */
const masked = (text: Bytes): Bytes => (text.length > MAX_FIELD_BYTES ? `${text.slice(0, MAX_FIELD_BYTES)}...` : text).replace(/[^!-~]/g, '_')

/** `name=value` words, in the order given. */
const line = (fields: Readonly<Record<string, Bytes | number | undefined>>): Bytes =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${masked(String(value ?? ''))}`)
    .join(' ')

/** What a front end said of whom it has its messages from. */
const forwardedIn = ({ forwarded }: State): Record<string, Bytes> =>
  Object.fromEntries([...(forwarded ?? [])].map(([name, value]) => [`xforward${name.toLowerCase()}`, value ?? 'unknown']))

/** How a session ended, beside the reply that was its last. */
export type End = 'quit' | 'timeout' | 'gone' | 'ended'

/** What qmail-smtpd says on descriptor 2 about one session (control/smtpdlog; spec modern.md 6.8). */
export class SessionLog {
  readonly #kind: LogKind
  readonly #peer: Peer
  readonly #env: Readonly<Record<string, Bytes>>
  /** Our process, or the number this session has among those of a resident one. */
  readonly #pid: number
  readonly #started = performance.now()

  constructor(kind: LogKind, peer: Peer, env: Readonly<Record<string, Bytes>>) {
    this.#kind = kind
    this.#peer = peer
    this.#env = env
    this.#pid = Number(env[SESSION] ?? process.pid)
  }

  /** A recipient was taken or refused, with this reply. */
  recipient(state: State, recipient: Bytes, reply: Bytes, reason: Bytes): void {
    if (this.#kind === 's') this.#decision('qlogenvelope', reply, reason, state, state.sender ?? '', recipient, undefined)
  }

  /** A message was taken or refused, with this reply. */
  message(state: State, { sender, recipients }: Envelope, reply: Bytes, bytes: number): void {
    if (this.#kind === 's')
      this.#decision('qlogreceived', reply, reply.startsWith('250') ? 'queueaccept' : 'queuereject', state, sender, recipients.join(','), bytes)
  }

  /** Somebody between the client and us, or the client itself, put commands behind STARTTLS. */
  injection(): void {
    logLine(STDERR, `qmail-smtpd: ${line({ pid: this.#pid, remoteip: this.#peer.ip, reason: 'starttls_injection' })}`)
  }

  /** The session is over. */
  end(state: State, last: Bytes, how: End): void {
    const { helo, lastSender, tally } = state
    const { ip, host, info } = this.#peer
    const { taken, refused, messages, bytes } = tally
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(1)
    const proto = this.#proto(state)
    const env = this.#env
    const secured = isEncrypted(env) && { tls: env.SSL_PROTOCOL, cipher: env.SSL_CIPHER, sni: env.SSL_TLS_SNI }
    const who = {
      pid: this.#pid,
      remoteip: ip,
      remotehost: host,
      remoteinfo: info,
      proto,
      ...secured,
      ...(state.user && { authuser: state.user.name }),
      helo,
      ...forwardedIn(state)
    }
    const fields = { ...who, mailfrom: lastSender, accepted: taken, refused, messages, bytes, seconds, last, end: how }
    logLine(STDERR, this.#kind === 'json' ? json({ program: 'qmail-smtpd', ...fields }) : `qmail-smtpd: session ${line(fields)}`)
  }

  #proto(state: State): Bytes {
    return protocolName({
      isModern: state.isExtended,
      isUtf8: state.isUtf8,
      isEncrypted: isEncrypted(this.#env),
      isAuthenticated: state.user !== undefined,
      cipher: undefined
    })
  }

  /** A line in the words of the fork whose log analysers are out there; what it has and we have not is empty. */
  #decision(word: string, reply: Bytes, reason: Bytes, state: State, sender: Bytes, recipients: Bytes, bytes: number | undefined): void {
    const env = this.#env
    const fields = line({
      result: { 2: 'accepted', 4: 'deferred' }[reply.charAt(0)] ?? 'rejected',
      ...{ code: reply.slice(0, 3), reason, detail: '', helo: state.helo, mailfrom: sender, rcptto: recipients },
      ...{
        relay: env.RELAYCLIENT === undefined ? 'no' : 'yes',
        rcpthosts: '',
        size: bytes,
        authuser: state.user?.name,
        authtype: state.user?.method,
        encrypted: isEncrypted(env) ? 'tls' : '',
        sslverified: env.SSL_CLIENT_VERIFY === 'SUCCESS' ? 'yes' : 'no'
      },
      ...{ localip: env.TCPLOCALIP, localport: env.TCPLOCALPORT, remoteip: this.#peer.ip, remoteport: env.TCPREMOTEPORT, remotehost: this.#peer.host },
      ...{
        qp: / qp (\d+)/.exec(reply)?.[1],
        pid: this.#pid,
        proto: this.#proto(state),
        cipher: env.SSL_CIPHER,
        sni: env.SSL_TLS_SNI,
        id: '',
        spf: '',
        dmarc: '',
        gate: ''
      },
      ...forwardedIn(state)
    })
    logLine(STDERR, `${word}: ${fields}`)
  }
}

const json = (fields: object): Bytes => JSON.stringify(fields).replace(/[^ -~]/g, '_')
