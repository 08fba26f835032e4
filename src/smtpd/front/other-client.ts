import { Ruling } from '../../accept/ruling.ts'
import type { Bytes } from '../../core/bytes.ts'
import type { Env } from '../../core/run.ts'
import { isInNetworks, type Network } from '../../net/ip.ts'
import type { Addresses } from '../../net/peer.ts'
import { clientEnv, RULES, withoutClient } from '../../spawn/client-env.ts'
import type { Setting } from '../../spawn/handover.ts'
import type { Attributes } from './attributes.ts'

/** What the client may do for others (control/xclient). */
export interface FrontRights {
  /** XCLIENT: the rest of the session is somebody else's. */
  mayBeOther: boolean
  /** XFORWARD: it names whom it has a message from. */
  mayForward: boolean
}

/** `isOver`: it is somebody else already. Without tcpserver's rules nobody may be. */
export const frontRights = (env: Readonly<Env>, fronts: readonly Network[], isOver: boolean): FrontRights => {
  const mayForward = !isOver && isInNetworks(env.TCPREMOTEIP ?? '', fronts)
  return { mayForward, mayBeOther: mayForward && env[RULES] !== undefined }
}

/** Can this process do what a client's rule asks for? `env`: the client's, with that. */
export type CanServe = (settings: readonly Setting[], env: Readonly<Env>) => boolean

const rulings = new Map<Bytes, Ruling>()

/** tcpserver's rules. A file stays open for the next time. */
const rulingAt = (place: Bytes): Ruling => {
  const known = rulings.get(place)
  if (known !== undefined) return known
  const ruling = new Ruling(place === '' ? undefined : place.slice(1), place.startsWith('X'))
  rulings.set(place, ruling)
  return ruling
}

const endsOf = (env: Readonly<Env>, said: Attributes): Addresses => {
  const of = (name: Bytes, before: Bytes | undefined): Bytes | undefined => (said.has(name) ? said.get(name) : before)
  return {
    remoteIp: of('ADDR', env.TCPREMOTEIP) ?? 'unknown',
    remotePort: Number(of('PORT', said.has('ADDR') ? undefined : env.TCPREMOTEPORT) ?? 0),
    localIp: of('DESTADDR', env.TCPLOCALIP) ?? 'unknown',
    localPort: Number(of('DESTPORT', env.TCPLOCALPORT) ?? 0)
  }
}

/** What the handshake told of the front end's certificate says nothing of others. */
const withoutCertificate = (env: Readonly<Env>): Env => Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('SSL_CLIENT_')))

/**
 * The environment as tcpserver would have set it for the client that a front end names (spec modern.md 5.8): nothing is left of the front end's own rule; TLS stays. A reply with 421: that client is not served. Throws Temporary when the rules cannot be read.
 */
export const otherClient = (env: Readonly<Env>, said: Attributes, canServe: CanServe): Env | Bytes => {
  const remoteHost = said.has('NAME') ? said.get('NAME') : said.has('ADDR') ? undefined : env.TCPREMOTEHOST
  const names = { localHost: env.TCPLOCALHOST, remoteHost, remoteInfo: undefined }
  const { isDenied, settings } = rulingAt(env[RULES] ?? '').judge(endsOf(env, said), names)
  if (isDenied) return '421 you may not connect (#4.7.1)'
  const other = withoutCertificate(clientEnv(withoutClient(env), settings))
  if (!canServe(settings, other)) return '421 this client needs a process of its own (#4.3.2)'
  return other
}
