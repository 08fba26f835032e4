import { type Block, blockByVariable, blockOf } from '../accept/block.ts'
import { SettingsCache } from '../control/cache.ts'
import { readSetting, readText } from '../control/read.ts'
import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import { systemResolver } from '../net/dns.ts'
import { type DnsList, lookUp, parseDnsList } from '../net/dnsbl.ts'
import { authMode } from '../serve/auth-mode.ts'

interface ListedBase extends DnsList {
  isForGood: boolean
}

/** A line of control/dnsbllist: `base` or `base:text`; `-` before it turns away for good, `+` lets in. */
export const listOfLine = (line: Bytes, failsClosed: boolean): ListedBase => {
  const isAllow = line.startsWith('+')
  const isForGood = line.startsWith('-')
  return { ...parseDnsList(isAllow ? 'allow' : 'block', isAllow || isForGood ? line.slice(1) : line), isForGood, failsClosed }
}

const FILES = ['dnsbllist', 'dnsblfailclosed', 'dnsbltimeout', 'checkpassword']

/**
 * rblsmtpd's work, done by tcpserver for its qmail-smtpd, in either gear: a resident one could not have rblsmtpd before it. control/dnsbllist switches it on;
 * clients that may relay, or have to log in, are let in.
 */
export class Blocking {
  readonly #dns: ReturnType<typeof systemResolver>
  readonly #settings: SettingsCache<{ lists: ListedBase[]; seconds: number; hasChecker: boolean }>

  /** `hasChecker`: one of passwords stands on the program's command line. */
  constructor(home: string, env: Readonly<Env>, hasChecker: boolean) {
    this.#dns = systemResolver(env)
    this.#settings = new SettingsCache(home, FILES, () => {
      const failsClosed = readSetting(home, 'dnsblfailclosed') > 0
      const lists = (readSetting(home, 'dnsbllist') ?? []).map((line) => listOfLine(line, failsClosed))
      return { lists, seconds: readSetting(home, 'dnsbltimeout'), hasChecker: hasChecker || readText(home, 'checkpassword') !== undefined }
    })
  }

  /** Is this client to be turned away? `env`: its variables. Rejects with Temporary when control/ cannot be read. */
  async judge(env: Readonly<Env>): Promise<Block | undefined> {
    const { lists, seconds, hasChecker } = this.#settings.get()
    if (lists.length === 0 || env.RELAYCLIENT !== undefined || authMode(env, hasChecker).isSubmission) return undefined
    const byVariable = blockByVariable(env.RBLSMTPD)
    if (byVariable !== undefined) return byVariable === 'letIn' ? undefined : byVariable
    const listing = await lookUp(this.#dns, lists, env.TCPREMOTEIP ?? '', seconds)
    return listing.kind === 'blocked' ? blockOf(listing.isSure && listing.list.isForGood ? 553 : 451, listing.text) : undefined
  }
}
