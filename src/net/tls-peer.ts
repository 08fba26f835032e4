import type { X509Certificate } from 'node:crypto'
import type { ConnectionOptions, SecureVersion, TLSSocket } from 'node:tls'

/** What is known of the other end of a handshake that was done. */
export interface TlsPeer {
  /** `TLSv1.3`. */
  protocol: string
  /** By its name in RFCs. */
  cipher: string
  /** What OpenSSL has against the way from its certificate to an anchor, whoever it may be for; undefined: nothing. */
  untrusted: string | undefined
  /** The certificates it sent, its own first. */
  chain: () => X509Certificate[]
}

const chainOf = (tls: TLSSocket): X509Certificate[] => {
  const chain: X509Certificate[] = []
  for (let next = tls.getPeerX509Certificate(); next && next !== chain.at(-1); next = next.issuerCertificate) chain.push(next)
  return chain
}

/** What the engine of this process knows of it. The handshake was made with `rejectUnauthorized: false`, and no look at names. */
export const tlsPeerOf = (tls: TLSSocket): TlsPeer => ({
  protocol: tls.getProtocol() ?? '',
  cipher: tls.getCipher().standardName,
  untrusted: tls.authorized ? undefined : String(tls.authorizationError),
  chain: () => chainOf(tls)
})

/** What TLS is asked to be with a server. Any certificate is taken; it is for the caller to judge. */
export interface TlsWish {
  /** The name asked for in the handshake (SNI); undefined: none. */
  name: string | undefined
  minVersion: SecureVersion
  /** In OpenSSL's words; undefined: those of Node. */
  ciphers: string | undefined
  /** The trust anchors in PEM; undefined: those of Node. */
  anchors: string | undefined
  /** They are anchors wherever they stand in the chain, authorities that sign themselves or not. */
  isPartialChain: boolean
}

/** The same in Node's words. */
export const tlsOptions = ({ name, minVersion, ciphers, anchors, isPartialChain }: TlsWish): ConnectionOptions => ({
  ...(name === undefined ? {} : { servername: name }),
  ...(ciphers === undefined ? {} : { ciphers }),
  ...(anchors === undefined ? {} : { ca: anchors === '' ? [] : anchors }),
  ...(isPartialChain ? { allowPartialTrustChain: true } : {}),
  minVersion,
  rejectUnauthorized: false,
  checkServerIdentity: () => undefined
})
