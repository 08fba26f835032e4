import { createServer, type Socket } from 'node:net'
import { after } from 'node:test'
import { TLSSocket, type TlsOptions } from 'node:tls'

/**
 * What a server does, one step after another: `hear` a line, `hear all` of a message up to the lone dot, `close`, `reset`, be `silent`, `tls` from here on;
 * everything else is said as it stands.
 */
export type Script = readonly string[]

/** A polite server: yes to one recipient. */
export const POLITE: Script = ['220 hi\r\n', 'hear', '250 hi\r\n', 'hear', '250 ok\r\n', 'hear', '250 ok\r\n', 'hear', '354 go\r\n', 'hear all', '250 done\r\n']

export interface ScriptedServer {
  port: number
  /** All that each connection said, once it has ended. */
  heard: () => Promise<string[]>
  /** Where each connection came from. */
  peers: string[]
}

const play = (raw: Socket, script: Script, tls: TlsOptions): Promise<string> =>
  new Promise((resolve) => {
    const steps = [...script]
    let [taken, held] = ['', '']
    let socket = raw
    const take = (length: number): void => {
      taken += held.slice(0, length)
      held = held.slice(length)
      steps.shift()
    }
    const onData = (chunk: Buffer): void => {
      held += chunk.toString('latin1')
      go()
    }
    const startTls = (): void => {
      raw.removeListener('data', onData)
      socket = new TLSSocket(raw, { ...tls, isServer: true })
      const tlsSocket = socket
      socket.on('data', onData).on('error', () => {})
      socket.on('end', () => tlsSocket.end()).on('close', () => raw.destroy())
    }
    const go = (): void => {
      for (let step = steps[0]; step !== undefined && !socket.destroyed; step = steps[0]) {
        if (step === 'silent') return
        const end = { hear: /\n/, 'hear all': /(^|\n)\.\r\n/ }[step]?.exec(held)
        if (end) take(end.index + end[0].length)
        else if (step.startsWith('hear')) return
        else {
          steps.shift()
          if (step === 'close') socket.end()
          else if (step === 'reset') raw.resetAndDestroy()
          else if (step === 'tls') startTls()
          else socket.write(Buffer.from(step, 'latin1'))
        }
      }
    }
    raw.on('data', onData)
    raw.on('error', () => {})
    raw.on('end', () => raw.end())
    raw.on('close', () => resolve(taken + held))
    go()
  })

/**
 * A server on 127.0.0.1, or another address and port, that plays a script to every connection, until the test file ends. `tls`: its certificate and the like; `second`: the script of
 * every connection but the first.
 */
export const smtpScript = async (
  script: Script,
  host = '127.0.0.1',
  port = 0,
  { tls = {}, second = script }: { tls?: TlsOptions; second?: Script } = {}
): Promise<ScriptedServer> => {
  const conversations: Promise<string>[] = []
  const peers: string[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    peers.push(socket.remoteAddress ?? '')
    conversations.push(play(socket, conversations.length === 0 ? script : second, tls))
  })
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  after(() => server.close())
  const address = server.address()
  return { port: typeof address === 'object' && address ? address.port : 0, heard: () => Promise.all(conversations), peers }
}
