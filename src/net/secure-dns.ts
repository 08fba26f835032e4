import { type Bytes, lower } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import { type Answer, type Mx, type Resolver, systemResolver } from './dns.ts'
import { DnsCache } from './dns-cache.ts'
import { type DnsMessage, type DnsRecord, Malformed, nameAt, packName, type RecordType, recordsOf } from './dns-message.ts'
import { askServers } from './dns-query.ts'
import { type DnsServer, trustedServers } from './dns-servers.ts'
import { addressText } from './ip.ts'

/** A TLSA record (RFC 6698 2.1): which certificate, which part of it, how it is written, and that. */
export interface Tlsa {
  usage: number
  selector: number
  matching: number
  data: Buffer
}

/** A resolver whose answers say whether DNSSEC vouches for them. */
export interface SecureResolver extends Resolver {
  tlsa(name: Bytes): Promise<Answer<Tlsa>>
}

/** What one asks for in the first place, and one that knows of DNSSEC, where there is one to be trusted. */
export interface Resolvers {
  plain: Resolver
  /** `trusted`: addresses whose word counts besides this host's. Undefined: there is nobody to be trusted, or he does not look at DNSSEC. */
  secure: (trusted: readonly Bytes[]) => Promise<SecureResolver | undefined>
}

/** What one kind of record's data means; undefined: it means nothing. */
type Reader<T> = (bytes: Buffer, record: DnsRecord) => T | undefined

const readers = {
  A: (bytes, { start, end }) => (end - start === 4 ? addressText(bytes.subarray(start, end)) : undefined),
  AAAA: (bytes, { start, end }) => (end - start === 16 ? addressText(bytes.subarray(start, end)) : undefined),
  MX: (bytes, { start, end }) => (end - start > 2 ? { preference: bytes.readUInt16BE(start), exchange: nameAt(bytes, start + 2).name } : undefined),
  TLSA: (bytes, { start, end }) =>
    end - start >= 3
      ? { usage: bytes[start] ?? 0, selector: bytes[start + 1] ?? 0, matching: bytes[start + 2] ?? 0, data: Buffer.from(bytes.subarray(start + 3, end)) }
      : undefined
} satisfies Partial<Record<RecordType, Reader<unknown>>>

const NONE = { kind: 'none' } as const
const TEMPORARY = { kind: 'temporary' } as const

const readAnswer = <T>(message: DnsMessage, name: Bytes, type: RecordType, read: Reader<T>): Answer<T> => {
  try {
    const { end, records } = recordsOf(message, name, type)
    const secure = message.isAuthentic ? { secureName: end } : {}
    const values = records.map((record) => read(message.bytes, record)).filter((value) => value !== undefined)
    if (values.length < records.length) return TEMPORARY
    return values.length === 0 ? { kind: 'none', ...secure } : { kind: 'ok', records: values, ...secure }
  } catch (error) {
    if (error instanceof Malformed) return TEMPORARY
    throw error
  }
}

/** What a message answers to a question for one of the types that are asked for. Never throws: what makes no sense is temporary. */
export const answerIn = (message: DnsMessage, name: Bytes, type: keyof typeof readers): Answer<string | Mx | Tlsa> =>
  readAnswer<string | Mx | Tlsa>(message, name, type, readers[type])

/** Larger answers are not kept, so that a zone full of them is no zone full of memory. */
const MAX_KEPT_BYTES = 4096

/** For how long an answer holds, in seconds; undefined: it is not to be kept. */
const ttlOf = <T>({ bytes, answers, negativeSeconds }: DnsMessage, { kind }: Answer<T>): number | undefined => {
  if (kind === 'temporary' || bytes.length > MAX_KEPT_BYTES) return undefined
  const ttls = answers.map(({ ttlSeconds }) => ttlSeconds)
  if (kind === 'ok') return Math.min(...ttls)
  return negativeSeconds === undefined ? undefined : Math.min(negativeSeconds, ...ttls)
}

/** A resolver that asks these servers, and believes what they say of DNSSEC. It keeps their answers (DnsCache). */
export const resolverAt = (servers: readonly DnsServer[], cache = new DnsCache()): SecureResolver => {
  const ask = async <T>(name: Bytes, type: RecordType, read: Reader<T>): Promise<Answer<T>> => {
    if (name === '' || name === '.' || packName(name) === undefined) return NONE
    return cache.get(`${type} ${lower(name).replace(/\.$/, '')}`, async () => {
      const message = await askServers(servers, name, type)
      const answer = message === undefined ? TEMPORARY : readAnswer(message, name, type, read)
      return { answer, ttlSeconds: message && ttlOf(message, answer) }
    })
  }
  return {
    mx: (name): Promise<Answer<Mx>> => ask(name, 'MX', readers.MX),
    a: (name): Promise<Answer<string>> => ask(name, 'A', readers.A),
    aaaa: (name): Promise<Answer<string>> => ask(name, 'AAAA', readers.AAAA),
    tlsa: (name): Promise<Answer<Tlsa>> => ask(name, 'TLSA', readers.TLSA)
  }
}

/** Servers are looked up, and asked whether they look at DNSSEC at all, this often. */
const RENEW_MILLISECONDS = 3_600_000

/** Does a server that looks at DNSSEC stand there? The root is signed. Nobody's answer to that is no reason to doubt what he says of others. */
const looksAtDnssec = async (servers: readonly DnsServer[]): Promise<boolean> => (await askServers(servers, '', 'NS'))?.isAuthentic ?? true

/** The resolver to trust, found anew from time to time. Nothing is asked where there is nobody to be trusted. */
export const secureResolver = (env: Env): Resolvers['secure'] => {
  let current: { key: string; since: number; resolver: Promise<SecureResolver | undefined> } | undefined
  const find = async (trusted: readonly Bytes[]): Promise<SecureResolver | undefined> => {
    const servers = trustedServers(env, trusted)
    return servers && (await looksAtDnssec(servers)) ? resolverAt(servers) : undefined
  }
  return (trusted) => {
    const key = trusted.join(' ')
    if (current === undefined || current.key !== key || Date.now() - current.since > RENEW_MILLISECONDS)
      current = { key, since: Date.now(), resolver: find(trusted) }
    return current.resolver
  }
}

/** The name servers of this machine, or those the environment names, asked in both ways. */
export const systemResolvers = (env: Env): Resolvers => ({ plain: systemResolver(env), secure: secureResolver(env) })
