import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** The one cipher both servers are measured with. */
export const CIPHER = 'TLS_AES_128_GCM_SHA256'

/** An SMTP client that waits for each answer. */
export class TlsClient {
  #socket: Socket
  #heard = ''
  #wake: () => void = () => {}

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#listen()
  }

  /** Connects, and turns to TLS 1.3 by STARTTLS. Rejects when that cannot be. */
  static async open(port: number): Promise<TlsClient> {
    const client = new TlsClient(connect(port, '127.0.0.1'))
    await client.expect('220')
    await client.ask('EHLO bench.example', '250')
    await client.ask('STARTTLS', '220')
    client.#socket.removeAllListeners()
    const tls = connectTls({ socket: client.#socket, rejectUnauthorized: false, minVersion: 'TLSv1.3', ciphers: CIPHER })
    client.#socket = tls
    await once(tls, 'secureConnect')
    client.#listen()
    await client.ask('EHLO bench.example', '250')
    return client
  }

  #listen(): void {
    this.#socket.on('data', (data: Buffer) => {
      this.#heard += data.toString('latin1')
      this.#wake()
    })
    for (const event of ['error', 'close']) this.#socket.on(event, () => this.#wake())
  }

  /** Waits for an answer with this code. Rejects when another one comes, or none. */
  async expect(code: string): Promise<void> {
    while (!/^\d{3} .*\r\n$/m.test(this.#heard) && !this.#socket.destroyed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const said = this.#heard
    this.#heard = ''
    if (!said.startsWith(code)) throw new Error(`instead of ${code}: ${JSON.stringify(said)}`)
  }

  /** Says a line, or more, and waits for the answer. */
  ask(text: string, code: string): Promise<void> {
    this.#socket.write(`${text}\r\n`)
    return this.expect(code)
  }

  close(): void {
    this.#socket.destroy()
  }
}
