import type { Socket } from 'node:net'
import type { Bytes } from '../core/bytes.ts'
import { reason, Temporary } from '../core/failure.ts'
import type { FindNames } from '../net/find-names.ts'
import { isInNetworks } from '../net/ip.ts'
import { type Addresses, type Names, tcpVariables } from '../net/peer.ts'
import { readProxyHeader } from '../net/read-proxy.ts'
import { ClientLimits, limitsBy } from '../serve/limits.ts'
import { logEnds } from '../serve/log.ts'
import { RulesFile } from '../serve/rules.ts'
import type { TcpserverOptions } from './options.ts'

/** One connection's time with us. */
export interface Visit {
  /** As the socket has them, or as the proxy told. */
  ends: Addresses
  /** Set once the client counts: `leave` takes it back. */
  counted: Bytes | undefined
}

/** What became of a visit at the door. */
export interface Verdict {
  /** Both ends, for the log. */
  line: string
  isDenied: boolean
  /** The limit it is over; undefined: none. */
  excess: string | undefined
  /** The variables of the connection and of its rule; undefined: to be unset. */
  variables: Record<string, Bytes | undefined>
}

/** The door: who may come in, how many of them, and what is known of them. */
export class Admission {
  readonly #options: TcpserverOptions
  readonly #findNames: FindNames
  readonly #rules: RulesFile | undefined
  readonly #limits: ClientLimits

  constructor(options: TcpserverOptions, findNames: FindNames) {
    this.#options = options
    this.#findNames = findNames
    this.#rules = options.rules === undefined ? undefined : new RulesFile(options.rules, options.allowsMissingRules)
    this.#limits = new ClientLimits(options.limits.networkBits, Date.now)
  }

  /** Judges a visit; it learns the client's own address from a proxy, if there is one between. Rejects with Temporary, in the words of the log. */
  async judge(socket: Socket, visit: Visit): Promise<Verdict> {
    if (isInNetworks(visit.ends.remoteIp, this.#options.proxies)) visit.ends = (await readProxyHeader(socket)) ?? visit.ends
    visit.counted = visit.ends.remoteIp
    this.#limits.add(visit.counted)
    const names = await this.#findNames(visit.ends)
    const variables = tcpVariables(visit.ends, names)
    const rule = this.#ruleFor(visit.ends, names)
    for (const [name, value] of rule?.variables ?? []) variables[name] = value
    const isDenied = rule?.isDenied ?? false
    const excess = isDenied ? undefined : this.#limits.excess(visit.counted, limitsBy(this.#options.limits, new Map(rule?.variables)))
    return { line: logEnds(visit.ends, names), isDenied, excess, variables }
  }

  /** The visit is over. */
  leave(visit: Visit): void {
    if (visit.counted !== undefined) this.#limits.remove(visit.counted)
    visit.counted = undefined
  }

  #ruleFor({ remoteIp }: Addresses, { remoteHost, remoteInfo }: Names) {
    try {
      return this.#rules?.find({ ip: remoteIp, host: remoteHost, info: remoteInfo })
    } catch (error) {
      throw new Temporary(`unable to read ${this.#options.rules}: ${reason(error)}`, { cause: error })
    }
  }
}
