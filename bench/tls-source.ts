/**
 * `node bench/tls-source.ts PORT RECIPIENT SESSIONS MESSAGES BYTES`: what smtp-source does, by STARTTLS: sends so many messages through so many connections that are
 * kept. Exit 1 when one was not taken.
 */
import { DOMAIN } from './load.ts'
import { TlsClient } from './tls-client.ts'

const [port = '', recipient = '', sessions = '', messages = '', bytes = ''] = process.argv.slice(2)
const LINE = `${'x'.repeat(78)}\r\n`
const body = `Subject: bench\r\n\r\n${LINE.repeat(Math.ceil(Number(bytes) / LINE.length))}.`
let left = Number(messages)

const serve = async (): Promise<void> => {
  const client = await TlsClient.open(Number(port))
  while (left-- > 0) {
    await client.ask(`MAIL FROM:<from@${DOMAIN}>`, '250')
    await client.ask(`RCPT TO:<${recipient}>`, '250')
    await client.ask('DATA', '354')
    await client.ask(body, '250')
  }
  await client.ask('QUIT', '221')
  client.close()
}
await Promise.all(Array.from({ length: Number(sessions) }, serve))
