import { readSetting } from '../control/read.ts'
import { type Bytes, lower } from '../core/bytes.ts'
import type { Context, Env } from '../core/run.ts'
import type { Origin } from './generated.ts'
import { identityOf } from './identity.ts'
import { readInstructions } from './instructions.ts'
import { ownList } from './own-list.ts'
import { mustTokenize } from './rewrite.ts'

/** The mailing lists that the file of $QMAILMFTFILE names. */
const mailingLists = (env: Env): Set<Bytes> | undefined => {
  const list = ownList(env.QMAILMFTFILE)
  return list && new Set(list.map(lower))
}

/** A setting whose variable goes before its file; the file has to be readable all the same. */
const hostSetting = (home: string, env: Env, name: 'defaulthost' | 'defaultdomain' | 'plusdomain' | 'idhost'): Bytes => {
  const value = readSetting(home, name)
  return env[`QMAIL${name.toUpperCase()}`] ?? value ?? ''
}

/** Everything that depends on environment and control files (spec injection-admin.md 2.1, 2.2). Throws Temporary, Unparsable. */
export const readOrigin = ({ home, env }: Pick<Context, 'home' | 'env'>, milliseconds: number, pid: number): Origin => {
  const lists = mailingLists(env)
  const defaultDomain = hostSetting(home, env, 'defaultdomain')
  const defaultHost = hostSetting(home, env, 'defaulthost')
  const plusDomain = hostSetting(home, env, 'plusdomain')
  const idHost = hostSetting(home, env, 'idhost')
  const hosts = {
    defaultDomain: mustTokenize(defaultDomain),
    defaultHost: mustTokenize(defaultHost),
    plusDomain: mustTokenize(plusDomain),
    instructions: readInstructions(home, env)
  }
  return { who: identityOf(env, milliseconds, pid), hosts, idHost, lists }
}
