import { createSocket, type Socket } from 'node:dgram'
import { createServer } from 'node:net'
import { after } from 'node:test'
import { errorCode } from '../../src/core/failure.ts'
import { addressBytes } from '../../src/net/ip.ts'

/**
 * What a name holds. `rcode`: answer every question with that code instead (2 SERVFAIL, 3 NXDOMAIN); `silent`: do not answer; `secure`: say that DNSSEC vouches for
 * it; `ttl`: of its records, 60 s unless said; `soa`: its SOA's own time to live and minimum, told where there is no such record; `tlsa`: `usage selector matching hex`. The root is ''.
 */
export interface Zone {
  [name: string]: {
    mx?: [number, string][]
    a?: string[]
    aaaa?: string[]
    txt?: string[]
    ptr?: string[]
    tlsa?: string[]
    cname?: string
    ttl?: number
    soa?: [number, number]
    rcode?: number
    silent?: boolean
    secure?: boolean
  }
}

export interface DnsZone {
  /** For $DNSCACHEIP. */
  server: string
  /** `TYPE name`, as asked, by UDP; `TYPE name tcp` by TCP. */
  questions: string[]
}

const NUMBERS = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, TLSA: 52 } as const
type Type = keyof typeof NUMBERS | 'other'
const typeOf = (number: number): Type => (Object.entries(NUMBERS).find(([, n]) => n === number)?.[0] as Type | undefined) ?? 'other'
const UDP_BYTES = 512

const wireName = (name: string): Buffer =>
  Buffer.concat([
    ...name
      .split('.')
      .filter(Boolean)
      .map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, 'latin1')),
    Buffer.of(0)
  ])

const TTL_SECONDS = 60

const record = (name: string, type: keyof typeof NUMBERS, data: Buffer, ttl = TTL_SECONDS): Buffer => {
  const head = Buffer.alloc(10)
  head.writeUInt16BE(NUMBERS[type], 0)
  head.writeUInt16BE(1, 2)
  head.writeUInt32BE(ttl, 4)
  head.writeUInt16BE(data.length, 8)
  return Buffer.concat([wireName(name), head, data])
}

const parseQuestion = (query: Buffer): { name: string; type: Type; end: number } => {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  return { name: labels.join('.').toLowerCase(), type: typeOf(query.readUInt16BE(at + 1)), end: at + 5 }
}

const addresses = (name: string, a: string[] = []): Buffer[] => a.map((ip) => record(name, 'A', Buffer.from(ip.split('.').map(Number))))

/** A TXT record's strings, of 255 bytes at most each. */
const strings = (text: string): Buffer =>
  Buffer.concat((text.match(/[\s\S]{1,255}/g) ?? ['']).map((part) => Buffer.concat([Buffer.of(part.length), Buffer.from(part, 'latin1')])))

const tlsaData = (text: string): Buffer => {
  const [usage = '', selector = '', matching = '', hex = ''] = text.split(' ')
  return Buffer.concat([Buffer.from([usage, selector, matching].map(Number)), Buffer.from(hex, 'hex')])
}

/** Does DNSSEC vouch for a name, and for what it is an alias of? */
const isSecure = (zone: Zone, name: string): boolean => {
  const entry = zone[name]
  return entry?.secure === true && (entry.cname === undefined || isSecure(zone, entry.cname))
}

const answersTo = (zone: Zone, name: string, type: string): Buffer[] => {
  const entry = zone[name]
  if (entry?.cname !== undefined) return [record(name, 'CNAME', wireName(entry.cname)), ...answersTo(zone, entry.cname, type)]
  if (type === 'A') return addresses(name, entry?.a)
  if (type === 'AAAA') return (entry?.aaaa ?? []).map((ip) => record(name, 'AAAA', addressBytes(ip) ?? Buffer.alloc(16)))
  if (type === 'PTR') return (entry?.ptr ?? []).map((target) => record(name, 'PTR', wireName(target)))
  if (type === 'TLSA') return (entry?.tlsa ?? []).map((text) => record(name, 'TLSA', tlsaData(text)))
  if (type === 'TXT') return (entry?.txt ?? []).map((text) => record(name, 'TXT', strings(text)))
  const preference = (n: number): Buffer => Buffer.of(n >> 8, n & 255)
  return type === 'MX' ? (entry?.mx ?? []).map(([n, target]) => record(name, 'MX', Buffer.concat([preference(n), wireName(target)]))) : []
}

/** The same record with another time to live. */
const withTtl = (bytes: Buffer, ttl: number): Buffer => {
  let at = 0
  while (bytes[at]) at += (bytes[at] ?? 0) + 1
  bytes.writeUInt32BE(ttl, at + 5)
  return bytes
}

/** What is told of a zone where there is no such record. */
const soaOf = (name: string, [ttl, minimum]: [number, number]): Buffer => {
  const numbers = Buffer.alloc(20)
  numbers.writeUInt32BE(minimum, 16)
  return record(name, 'SOA', Buffer.concat([wireName('ns'), wireName('postmaster'), numbers]), ttl)
}

const reply = (zone: Zone, query: Buffer, maxBytes: number): Buffer => {
  const { name, type, end } = parseQuestion(query)
  const rcode = zone[name]?.rcode ?? (zone[name] === undefined ? 3 : 0)
  const answers = rcode === 0 ? answersTo(zone, name, type).map((bytes) => withTtl(bytes, zone[name]?.ttl ?? TTL_SECONDS)) : []
  const soa = answers.length === 0 ? zone[name]?.soa : undefined
  const head = Buffer.from(query.subarray(0, 12))
  const body = Buffer.concat([query.subarray(12, end), ...answers, ...(soa ? [soaOf(name, soa)] : [])])
  const isTruncated = 12 + body.length > maxBytes
  head.writeUInt16BE(0x8180 | (isTruncated ? 0x0200 : 0) | (isSecure(zone, name) ? 0x0020 : 0) | rcode, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(isTruncated ? 0 : answers.length, 6)
  head.writeUInt32BE(0, 8)
  head.writeUInt16BE(soa ? 1 : 0, 8)
  return Buffer.concat([head, isTruncated ? query.subarray(12, end) : body])
}

const serveTcp = (zone: Zone, port: number, questions: string[], address: string): Promise<{ close: () => unknown }> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      let held = Buffer.alloc(0)
      socket.on('error', () => socket.destroy())
      socket.on('data', (chunk: Buffer) => {
        held = Buffer.concat([held, chunk])
        while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
          const query = held.subarray(2, 2 + held.readUInt16BE(0))
          held = held.subarray(2 + query.length)
          const { name, type } = parseQuestion(query)
          questions.push(`${type} ${name} tcp`)
          const answer = reply(zone, query, 65535)
          socket.write(Buffer.concat([Buffer.of(answer.length >> 8, answer.length & 255), answer]))
        }
      })
    })
    server.on('error', reject)
    server.listen(port, address, () => resolve(server))
  })

/** A port that is free for UDP may be someone's for TCP: another one is taken then. */
const bindBoth = async (
  zone: Zone,
  questions: string[],
  address: string,
  wanted: number
): Promise<{ udp: Socket; tcp: { close: () => unknown }; port: number }> => {
  const udp = createSocket('udp4')
  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject)
    udp.bind(wanted, address, () => resolve())
  })
  const { port } = udp.address()
  try {
    return { udp, tcp: await serveTcp(zone, port, questions, address), port }
  } catch (error) {
    udp.close()
    if (wanted !== 0 || errorCode(error) !== 'EADDRINUSE') throw error
    return bindBoth(zone, questions, address, wanted)
  }
}

/** A name server on 127.0.0.1 (or on another address and port, for who cannot be told a port), by UDP and TCP, that knows just this zone (a name it does not know does not exist), until the test file ends. */
export const dnsZone = async (zone: Zone, address = '127.0.0.1', wanted = 0): Promise<DnsZone> => {
  const questions: string[] = []
  const { udp, tcp, port } = await bindBoth(zone, questions, address, wanted)
  udp.on('message', (query, peer) => {
    const { name, type } = parseQuestion(query)
    questions.push(`${type} ${name}`)
    if (zone[name]?.silent) return
    udp.send(reply(zone, query, UDP_BYTES), peer.port, peer.address)
  })
  after(() => {
    udp.close()
    tcp.close()
  })
  return { server: wanted === 53 ? address : `${address}:${port}`, questions }
}
