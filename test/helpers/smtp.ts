import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { after } from 'node:test'

/** Speaks SMTP in lockstep: each entry waits for an answer. Resolves with the last answer; an answer that is not 2xx or 3xx rejects. */
export const smtpSend = (port: number, from: string, to: string[], text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const body = `${text.replaceAll('\n', '\r\n').replaceAll('\r\n.', '\r\n..')}.`
    const lines = ['EHLO client.example', `MAIL FROM:<${from}>`, ...to.map((t) => `RCPT TO:<${t}>`), 'DATA', body]
    const socket = createConnection(port, '127.0.0.1')
    let held = ''
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the server closed the connection')))
    socket.on('data', (data) => {
      held += data.toString('latin1')
      const last = /(?:^|\n)(\d{3}) [^\r\n]*\r\n$/.exec(held)
      if (!last) return
      const answer = held.trimEnd()
      held = ''
      if (!/^[23]/.test(last[1] ?? '')) {
        reject(new Error(answer))
        socket.destroy()
        return
      }
      const line = lines.shift()
      if (line !== undefined) socket.write(Buffer.from(`${line}\r\n`, 'latin1'))
      else {
        resolve(answer)
        socket.end('QUIT\r\n')
      }
    })
  })

export interface Sink {
  port: number
  /** The messages taken, with envelope: `from`, `to`, `text`. */
  messages: { from: string; to: string[]; text: string }[]
  /** How often each command came. */
  commands: string[]
  server: Server
}

/** An SMTP server on 127.0.0.1 that answers as `answer` says (given the command line; undefined: the usual yes; null: nothing at all). */
export const smtpSink = async (answer: (command: string) => string | null | undefined = () => undefined): Promise<Sink> => {
  const sink: Sink = { port: 0, messages: [], commands: [], server: createServer((socket) => converse(socket, sink, answer)) }
  await new Promise<void>((resolve) => sink.server.listen(0, '127.0.0.1', resolve))
  after(() => sink.server.close())
  const address = sink.server.address()
  sink.port = typeof address === 'object' && address ? address.port : 0
  return sink
}

const converse = (socket: Socket, sink: Sink, answer: (command: string) => string | null | undefined): void => {
  let held = ''
  let inData = false
  let mail = { from: '', to: [] as string[], text: '' }
  const say = (text: string | null): void => {
    if (text !== null) socket.write(`${text}\r\n`)
  }
  const command = (line: string): void => {
    sink.commands.push(line)
    const verb = line.slice(0, 4).toUpperCase()
    const said = answer(line)
    if (said !== undefined) {
      say(said)
      return
    }
    if (verb === 'MAIL') mail = { from: /<(.*)>/.exec(line)?.[1] ?? '', to: [], text: '' }
    if (verb === 'RCPT') mail.to.push(/<(.*)>/.exec(line)?.[1] ?? '')
    inData = verb === 'DATA'
    say(inData ? '354 go' : verb === 'QUIT' ? '221 bye' : '250 ok')
    if (verb === 'QUIT') socket.end()
  }
  socket.on('error', () => socket.destroy())
  say('220 sink.example ESMTP')
  socket.on('data', (data) => {
    held += data.toString('latin1')
    for (;;) {
      const end = inData ? held.indexOf('\r\n.\r\n') : held.indexOf('\r\n')
      if (end < 0) return
      const text = held.slice(0, end)
      held = held.slice(end + (inData ? 5 : 2))
      if (!inData) command(text)
      else {
        inData = false
        const said = answer('.')
        if (said === undefined) sink.messages.push({ ...mail, text })
        say(said === undefined ? '250 taken' : said)
      }
    }
  })
}
