import type { Bytes } from '../core/bytes.ts'
import { reason, Temporary } from '../core/failure.ts'
import { type Addresses, type Names, tcpVariables } from '../net/peer.ts'
import { type Decision, settingsOf } from '../spawn/handover.ts'
import { logEnds } from './log.ts'
import { RulesFile } from './rules.ts'

/** What the rules of one tcpserver decide about clients; without a file, all may come in. */
export class Ruling {
  readonly #path: Bytes | undefined
  readonly #rules: RulesFile | undefined

  constructor(path: Bytes | undefined, allowsMissing: boolean) {
    this.#path = path
    this.#rules = path === undefined ? undefined : new RulesFile(path, allowsMissing)
  }

  /** Judges a client by its ends and names; the settings are its TCP variables, and what its rule sets. Throws Temporary, in the words of the log. */
  judge(ends: Addresses, names: Names): Decision {
    const variables = tcpVariables(ends, names)
    const rule = this.#find(ends, names)
    for (const [name, value] of rule?.variables ?? []) variables[name] = value
    return { line: logEnds(ends, names), isDenied: rule?.isDenied ?? false, settings: settingsOf(variables) }
  }

  #find({ remoteIp }: Addresses, { remoteHost, remoteInfo }: Names) {
    try {
      return this.#rules?.find({ ip: remoteIp, host: remoteHost, info: remoteInfo })
    } catch (error) {
      throw new Temporary(`unable to read ${this.#path}: ${reason(error)}`, { cause: error })
    }
  }
}
