import { isIPv4, isIPv6 } from 'node:net'
import { readSetting } from '../control/read.ts'
import { readAll } from '../core/fdio.ts'
import { netstring } from '../core/netstring.ts'
import { type Connection, connectTo } from '../net/client.ts'
import { wasClosed } from '../os/closed.ts'
import { QueueExit } from '../queue/codes.ts'

const QMQP_PORT = 628
const CONNECT_SECONDS = 10
const TALK_SECONDS = 60
/** A server that says more than this without an answer in it is none. */
const MAX_ANSWER_BYTES = 65_536

/** What goes wrong, as the exit code qmail-queue has for it (spec network.md 5.3). */
export class QmqpFailure extends Error {
  readonly exit: number

  constructor(exit: number) {
    super(`exit ${exit}`)
    this.exit = exit
  }
}

/** An address of control/qmqpservers, and the port. */
export interface Server {
  ip: string
  port: number
}

const V4 = /^(\d+\.\d+\.\d+\.\d+)(?::(\d{1,5}))?/
const V6_IN_BRACKETS = /^\[([0-9a-f:.]+)\](?::(\d{1,5}))?/i
const V6 = /^([0-9a-f:.]+)(?=\s|$)/i

/**
 * One server a line: an IPv4 address and perhaps `:port`, an IPv6 address, or one in brackets and perhaps `:port`; what follows does not count, nor do
 * lines that are none (spec network.md 5.3).
 */
export const serversIn = (lines: readonly string[]): Server[] =>
  lines.flatMap((line) => {
    const [, ip = '', port] = V4.exec(line) ?? V6_IN_BRACKETS.exec(line) ?? V6.exec(line) ?? []
    return isIPv4(ip) || isIPv6(ip) ? [{ ip, port: port === undefined ? QMQP_PORT : Number(port) }] : []
  })

const readServers = (home: string): Server[] => {
  let servers: Server[] = []
  try {
    servers = serversIn(readSetting(home, 'qmqpservers') ?? [])
  } catch {
    // as bad as none
  }
  if (servers.length === 0) throw new QmqpFailure(QueueExit.configuration)
  return servers
}

const read = (fd: number): Buffer => {
  if (wasClosed(fd)) throw new QmqpFailure(QueueExit.readError)
  try {
    return readAll(fd)
  } catch {
    throw new QmqpFailure(QueueExit.readError)
  }
}

/** The addresses of an envelope `F`sender NUL `T`recipient NUL ... NUL, as netstrings. Throws QmqpFailure for anything else. */
export const envelopeNetstrings = (envelope: Buffer): Buffer[] => {
  const records = envelope.toString('latin1').split('\0')
  const end = records.indexOf('')
  const addresses = records.slice(0, end)
  const isWhole = end > 0 && end < records.length - 1 && addresses.every((record, i) => record.startsWith(i === 0 ? 'F' : 'T'))
  if (!isWhole) throw new QmqpFailure(QueueExit.badEnvelope)
  return addresses.map((record) => netstring(record.slice(1)))
}

/** The first byte of the answer that says how it went. */
const verdictIn = (text: string): number | undefined => {
  const letter = /[KZD]/.exec(text)?.[0]
  return letter === undefined ? undefined : { K: QueueExit.ok, Z: QueueExit.refusedNow, D: QueueExit.refused }[letter]
}

const askServer = async (connection: Connection, request: Buffer): Promise<number> => {
  connection.limit(TALK_SECONDS)
  try {
    await connection.write(request)
    for (let size = 0; size < MAX_ANSWER_BYTES; ) {
      const text = await connection.read()
      const exit = verdictIn(text)
      if (exit !== undefined) return exit
      size += text.length
    }
  } catch {
    // it died
  } finally {
    connection.abort()
  }
  return QueueExit.communication
}

/**
 * Sends the message on descriptor 0 with the envelope on 1 to the first server that can be connected to: to none after that, whatever becomes of it, or
 * there might be two of it. Resolves with the exit code of qmail-queue.
 */
export const sendByQmqp = async (home: string): Promise<number> => {
  try {
    const servers = readServers(home)
    const request = netstring(Buffer.concat([netstring(read(0)), ...envelopeNetstrings(read(1))]))
    let exit: number = QueueExit.connectFailed
    for (const { ip, port } of servers) {
      const connection = await connectTo(ip, port, CONNECT_SECONDS)
      if (typeof connection !== 'string') return await askServer(connection, request)
      exit = connection === 'timeout' ? QueueExit.connectTimeout : QueueExit.connectFailed
    }
    return exit
  } catch (error) {
    if (error instanceof QmqpFailure) return error.exit
    throw error
  }
}
