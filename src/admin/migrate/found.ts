import { type Bytes, lower } from '../../core/bytes.ts'

/** What to do with mail for an address, as it stands in a .qmail file: lines. */
export type Delivery = Bytes[]

/** What another MTA's configuration comes to. Domains and local parts are in lower case. */
export interface Found {
  /** This host's name. */
  me: Bytes
  /** The domain that mail written here comes from, where it is not `me`. */
  origin: Bytes | undefined
  /** Domains whose users are this host's. */
  locals: Bytes[]
  /** Domains besides those that mail is taken for: `.domain` for all below it. */
  relayed: Bytes[]
  /** Lines of smtproutes. */
  routes: Bytes[]
  /** By local part: what is done with mail for it in all local domains. */
  aliases: Map<Bytes, Delivery>
  /** By domain, then by local part (`default`: all others): domains whose users are not this host's. */
  virtual: Map<Bytes, Map<Bytes, Delivery>>
  /** What a local part without an alias or account gets. */
  catchAll: Delivery | undefined
  /** Rules of tcpserver: clients that may relay, or may not connect. */
  rules: Bytes[]
  badmailfrom: Bytes[]
  dnsbl: Bytes[]
  /** Largest message; 0: no limit. */
  databytes: number
  defaultdelivery: Bytes[] | undefined
  /** What could not be carried over, a line each. */
  remarks: string[]
}

/** A configuration that says nothing yet. */
export const nothingFound = (me: Bytes): Found => ({
  me,
  origin: undefined,
  locals: [],
  relayed: [],
  routes: [],
  aliases: new Map(),
  virtual: new Map(),
  catchAll: undefined,
  rules: [],
  badmailfrom: [],
  dnsbl: [],
  databytes: 0,
  defaultdelivery: undefined,
  remarks: []
})

/** An address as .qmail files forward to it. One without a host is this host's. Undefined for what cannot stand there. */
export const forwardTo = (found: Found, address: Bytes): Bytes | undefined => {
  const bare = address.replace(/^\\/, '')
  if (!/^[!-~\x80-\xff]+$/.test(bare) || /[<>(),;]/.test(bare) || bare.startsWith('@')) return undefined
  return `&${bare.includes('@') ? bare : `${bare}@${found.me}`}`
}

/** What is done for a local part of a virtual domain. */
export const addVirtual = (found: Found, domain: Bytes, box: Bytes, delivery: Delivery): void => {
  const boxes = found.virtual.get(lower(domain)) ?? new Map<Bytes, Delivery>()
  boxes.set(lower(box), delivery)
  found.virtual.set(lower(domain), boxes)
}
