import { randomInt } from 'node:crypto'
import { connect, isIPv6 } from 'node:net'
import type { Bytes } from '../core/bytes.ts'
import { type DnsMessage, Malformed, packQuestion, parseAnswer, type RecordType } from './dns-message.ts'
import type { DnsServer } from './dns-servers.ts'

/** How long one try waits; all servers are tried once before the next. */
const TRIES_MILLISECONDS = [1000, 3000, 11_000]
const TCP_MILLISECONDS = 10_000
const MAX_ID = 0x10000

/** Rcodes of servers that do not know EDNS (RFC 6891 7): asked without it, they answer. */
const FORMERR = 1
const NOTIMP = 4
const isAnswered = ({ rcode }: DnsMessage): boolean => rcode === 0 || rcode === 3

/** The answer to this question; undefined: these bytes are none. */
const parsed = (bytes: Buffer, question: Buffer): DnsMessage | undefined => {
  try {
    return parseAnswer(bytes, question)
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}

/** Asks by UDP from a port of its own. `odd`: something came from there that is no answer; `silent`: nothing did. */
const askByUdp = async ({ ip, port }: DnsServer, question: Buffer, milliseconds: number): Promise<DnsMessage | 'odd' | 'silent'> => {
  const { createSocket } = await import('node:dgram')
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(ip) ? 'udp6' : 'udp4')
    const finish = (result: DnsMessage | 'odd' | 'silent'): void => {
      clearTimeout(patience)
      socket.removeAllListeners().on('error', () => {})
      socket.close()
      resolve(result)
    }
    const patience = setTimeout(() => finish('silent'), milliseconds)
    socket.on('error', () => finish('silent'))
    socket.on('message', (bytes: Buffer) => {
      // another id may be a stranger's guess: the answer may still come
      if (bytes.length >= 2 && bytes.readUInt16BE(0) === question.readUInt16BE(0)) finish(parsed(bytes, question) ?? 'odd')
    })
    socket.connect(port, ip, () => socket.send(question))
  })
}

/** Asks by TCP. Undefined: no answer. */
const askByTcp = ({ ip, port }: DnsServer, question: Buffer): Promise<DnsMessage | undefined> =>
  new Promise((resolve) => {
    let held: Buffer = Buffer.alloc(0)
    const socket = connect({ host: ip, port })
    const finish = (result: DnsMessage | undefined): void => {
      clearTimeout(patience)
      socket.destroy()
      resolve(result)
    }
    const patience = setTimeout(() => finish(undefined), TCP_MILLISECONDS)
    socket.on('error', () => finish(undefined))
    socket.on('close', () => finish(undefined))
    socket.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk])
      const end = held.length < 2 ? Number.POSITIVE_INFINITY : 2 + held.readUInt16BE(0)
      if (held.length >= end) finish(parsed(held.subarray(2, end), question))
    })
    socket.write(Buffer.concat([Buffer.of(question.length >> 8, question.length & 0xff), question]))
  })

const askOne = async (server: DnsServer, name: Bytes, type: RecordType, milliseconds: number, isPlain = false): Promise<DnsMessage | undefined> => {
  const question = packQuestion(randomInt(MAX_ID), name, type, isPlain)
  if (question === undefined) return undefined
  const first = await askByUdp(server, question, milliseconds)
  if (first === 'silent') return undefined
  const message = first === 'odd' || first.isTruncated ? await askByTcp(server, question) : first
  const mayNotKnowEdns = !isPlain && (message?.rcode === FORMERR || message?.rcode === NOTIMP)
  return mayNotKnowEdns ? askOne(server, name, type, milliseconds, true) : message
}

/** Asks the servers in turn until one answers. Undefined: none does, or all say that they cannot; ask again later. Never throws. */
export const askServers = async (servers: readonly DnsServer[], name: Bytes, type: RecordType): Promise<DnsMessage | undefined> => {
  for (const milliseconds of TRIES_MILLISECONDS) {
    let isHeard = false
    for (const server of servers) {
      const message = await askOne(server, name, type, milliseconds)
      if (message && isAnswered(message)) return message
      isHeard ||= message !== undefined
    }
    if (isHeard) return undefined
  }
  return undefined
}
