import type { Socket } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { errorCode, reason } from '../core/failure.ts'
import { printable } from '../core/logline.ts'
import { ANSWER, packWords, wishIn } from '../net/coprocessor.ts'
import { tlsOptions, tlsPeerOf } from '../net/tls-peer.ts'
import { type ClientCredentials, clientCredentials } from './client-credentials.ts'
import { relay } from './relay.ts'
import { keepSilent } from './silent.ts'

type Log = (line: string) => void

/** Refuses, with the reason, and lets go. */
const refuse = (cipher: Socket, plain: Socket, why: string): void => {
  cipher.destroy()
  plain.write(packWords(ANSWER.failed, [printable(why)]))
  plain.destroySoon()
}

const material = ({ credentials, passphrase }: ClientCredentials) => ({
  cert: credentials.chain,
  key: credentials.key,
  ...(passphrase === undefined ? {} : { passphrase })
})

/** What is known of the server: protocol, cipher, what stands against its chain, and that. */
const answerOf = (tls: TLSSocket): Buffer => {
  const { protocol, cipher, untrusted, chain } = tlsPeerOf(tls)
  return packWords(ANSWER.ok, [protocol, cipher, untrusted ?? '', ...chain().map(({ raw }) => raw)])
}

/** Resolves when the handshake is done; rejects with OpenSSL's or the system's error. */
const shaken = (tls: TLSSocket, plain: Socket): Promise<void> =>
  new Promise((resolve, reject) => {
    tls.once('secureConnect', resolve)
    tls.on('error', reject) // later ones: it closes, and relay notices
    const closed = (): void => reject(Object.assign(new Error('closed within the handshake'), { code: 'connection closed' }))
    tls.once('close', closed)
    plain.once('close', () => {
      closed()
      tls.destroy()
    })
  })

/**
 * The client's side of TLS, for one who has the connection to a server and no certificate to show there (spec modern.md 3.2): says whether the certificate can be
 * used, leads the handshake over `cipher`, says what the server showed, and copies bytes both ways. Whom to trust is not decided here. Never fails.
 */
export const serveClient = async (home: string, id: number, cipher: Socket, plain: Socket, fields: readonly Buffer[], log: Log): Promise<void> => {
  let [file, tls]: [string, TLSSocket | undefined] = ['-', undefined]
  const start = performance.now()
  try {
    const { certificate, wish } = wishIn(fields)
    const own = clientCredentials(home, certificate)
    file = own?.file ?? '-'
    const options = { ...tlsOptions(wish), ...(own ? material(own) : {}), socket: cipher, allowHalfOpen: true }
    plain.write(packWords(ANSWER.ok))
    tls = connect(options as ConnectionOptions)
    const wake = keepSilent(plain)
    await shaken(tls, plain)
    wake()
    plain.write(answerOf(tls))
    log(
      `id ${id} connect proto=${tls.getProtocol()} cipher=${tls.getCipher().name} sni=${wish.name ?? '-'} cert=${file} ms=${Math.round(performance.now() - start)}`
    )
  } catch (error) {
    log(`id ${id} fail cert=${file} error=${errorCode(error) ?? reason(error)}`)
    tls?.destroy()
    refuse(cipher, plain, errorCode(error) ?? reason(error))
    return
  }
  await relay(tls, plain)
}
