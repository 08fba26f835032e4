import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { listOf, readSetting } from '../control/read.ts'
import { type Bytes, fsPath, lower } from '../core/bytes.ts'
import { errorCode, reason, Temporary } from '../core/failure.ts'
import type { Context, Env } from '../core/run.ts'
import type { Origin } from './generated.ts'
import { identityOf } from './identity.ts'
import { readInstructions } from './instructions.ts'
import { mustTokenize } from './rewrite.ts'

/** The list file of $QMAILMFTFILE, relative to the caller's folder. Missing: undefined. Unreadable: Temporary. */
const mailingLists = (file: Bytes | undefined): Set<Bytes> | undefined => {
  if (!file) return undefined
  try {
    return new Set(listOf(readFileSync(fsPath(resolve(file)), 'latin1')).map(lower))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw new Temporary(`unable to read ${file}: ${reason(error)}`, { cause: error })
  }
}

/** A setting whose variable goes before its file; the file has to be readable all the same. */
const hostSetting = (home: string, env: Env, name: 'defaulthost' | 'defaultdomain' | 'plusdomain' | 'idhost'): Bytes => {
  const value = readSetting(home, name)
  return env[`QMAIL${name.toUpperCase()}`] ?? value ?? ''
}

/** Everything that depends on environment and control files (spec injection-admin.md 2.1, 2.2). Throws Temporary, Unparsable. */
export const readOrigin = ({ home, env }: Pick<Context, 'home' | 'env'>, milliseconds: number, pid: number): Origin => {
  const lists = mailingLists(env.QMAILMFTFILE)
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
