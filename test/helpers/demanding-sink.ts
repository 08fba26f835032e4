import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { after } from 'node:test'
import { type PeerCertificate, Server, type TLSSocket, type TlsOptions } from 'node:tls'

/** What a sink has seen. */
export interface Seen {
  /** The certificate of each client, by the common name of its subject; empty where it showed none. */
  names: string[]
  /** What SNI asked for. */
  asked: string[]
  messages: string[]
  /** Handshakes that failed. */
  failures: string[]
}

const serve = (socket: Socket, replies: (line: string) => string, message: (text: string) => void): void => {
  let [held, isData] = ['', false]
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    held += chunk.toString('latin1')
    for (;;) {
      const end = isData ? /\r\n\.\r\n/.exec(held) : /\r\n/.exec(held)
      if (!end) return
      const text = held.slice(0, end.index)
      held = held.slice(end.index + end[0].length)
      if (isData) message(text)
      const reply = isData ? '250 taken\r\n' : replies(text)
      isData = !isData && text === 'DATA'
      socket.write(reply)
      if (text === 'QUIT') socket.end()
      if (text === 'STARTTLS') return
    }
  })
}

const after220 = (line: string): string => {
  if (line.startsWith('EHLO')) return '250 hi\r\n'
  return line === 'DATA' ? '354 go\r\n' : '250 ok\r\n'
}

/** An SMTP server on 127.0.0.1 that speaks STARTTLS with these options, until the test file ends; nothing else is served. */
export const demandingSink = async (options: TlsOptions): Promise<{ port: number; seen: Seen }> => {
  const seen: Seen = { names: [], asked: [], messages: [], failures: [] }
  const tlsServer = new Server({ requestCert: true, rejectUnauthorized: true, ...options })
  tlsServer.on('tlsClientError', (error) => seen.failures.push(error.message))
  tlsServer.on('secureConnection', (tls: TLSSocket) => {
    seen.names.push(String((tls.getPeerCertificate() as Partial<PeerCertificate>).subject?.CN ?? ''))
    seen.asked.push(String(tls.servername))
    serve(tls, after220, (text) => seen.messages.push(text))
  })
  const server = createServer((raw) => {
    raw.write('220 sink\r\n')
    serve(
      raw,
      (line) => {
        if (line !== 'STARTTLS') return line.startsWith('EHLO') ? '250-hi\r\n250 STARTTLS\r\n' : '530 no\r\n'
        raw.removeAllListeners('data')
        setImmediate(() => tlsServer.emit('connection', raw))
        return '220 go\r\n'
      },
      () => {}
    )
  })
  after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  return { port: typeof address === 'object' && address ? address.port : 0, seen }
}
