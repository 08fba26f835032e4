import type { Visit } from '../accept/entrance.ts'
import { ClientLimits, hasLimits, limitsBy } from '../accept/limits.ts'
import { Ruling } from '../accept/ruling.ts'
import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import type { FindNames } from '../net/find-names.ts'
import { type Decision, withSettings } from '../spawn/handover.ts'
import type { Blocking } from './blocking.ts'
import type { TcpserverOptions } from './options.ts'

/** Decides who may come in, and how many of them: names, rules, limits over all connections of this server, lists. */
export class Admission {
  readonly #options: TcpserverOptions
  readonly #env: Readonly<Env>
  readonly #findNames: FindNames
  readonly #ruling: Ruling
  readonly #limits: ClientLimits
  readonly #blocking: Blocking | undefined
  /** Clients that count, by the numbers of their connections. */
  readonly #counted = new Map<number, Bytes>()
  /** Can there be limits at all? */
  readonly #counts: boolean

  /** `blocking`: what turns clients of its program away; undefined: nothing does. */
  constructor(options: TcpserverOptions, env: Readonly<Env>, findNames: FindNames, blocking: Blocking | undefined) {
    this.#options = options
    this.#env = env
    this.#findNames = findNames
    this.#ruling = new Ruling(options.rules, options.allowsMissingRules)
    this.#limits = new ClientLimits(options.limits.networkBits, Date.now)
    this.#blocking = blocking
    this.#counts = options.rules !== undefined || hasLimits(options.limits)
  }

  /** A client's connection counts from now on. */
  arrive(number: number, ip: Bytes): void {
    if (!this.#counts || this.#counted.has(number)) return
    this.#counted.set(number, ip)
    this.#limits.add(ip)
  }

  /** It is over. */
  leave(number: number): void {
    const ip = this.#counted.get(number)
    if (ip === undefined) return
    this.#counted.delete(number)
    this.#limits.remove(ip)
  }

  /** Rejects with Temporary, in the words of the log. */
  async decide({ number, ends }: Visit): Promise<Decision> {
    this.arrive(number, ends.remoteIp)
    const decision = this.#ruling.judge(ends, await this.#findNames(ends))
    if (decision.isDenied) return decision
    const set = new Map(decision.settings.map(([name, value]) => [name, value ?? '']))
    const excess = this.#limits.excess(ends.remoteIp, limitsBy(this.#options.limits, set))
    if (excess !== undefined) return { ...decision, excess }
    return { ...decision, block: await this.#blocking?.judge(withSettings(this.#env, decision.settings)) }
  }
}
