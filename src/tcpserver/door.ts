import { resolve } from 'node:path'
import { hasLimits } from '../accept/limits.ts'
import { readSetting } from '../control/read.ts'
import type { Env } from '../core/run.ts'
import { type GivenChecker, saysNothingMore } from '../serve/given-checker.ts'
import { type DoorOptions, sessionEnv } from '../spawn/handover.ts'
import type { Permission } from '../suite/programs/row.ts'
import type { TcpserverOptions } from './options.ts'

/** What workers that accept by themselves have to know, of what cannot change: see DoorOptions. */
export type LastingDoor = Omit<DoorOptions, 'hasLists' | 'watched'>

/** `checker`: of passwords, on the program's command line. */
export const doorOf = (options: TcpserverOptions, backlog: number, checker: GivenChecker, env: Readonly<Env>): LastingDoor => ({
  backlog,
  banner: options.banner,
  noDelay: options.noDelay,
  proxies: options.proxies,
  rules: options.rules === undefined ? undefined : resolve(options.rules),
  allowsMissingRules: options.allowsMissingRules,
  localName: options.looksUpRemote || options.asksIdent ? undefined : options.localName,
  hasLimits: hasLimits(options.limits),
  runsChecker: checker.kind === 'program' || (checker.kind === 'authd' && !saysNothingMore(checker.rest)),
  env: { ...sessionEnv(env), ...(env.DIEMSG === undefined ? {} : { DIEMSG: env.DIEMSG }) }
})

/** Are there lists that clients may be on? What cannot be read is told of when a client comes. */
export const hasLists = (home: string): boolean => {
  try {
    return (readSetting(home, 'dnsbllist') ?? []).length > 0
  } catch {
    return true
  }
}

/** A worker may read the rules: for clients that it accepts, or that a front end names (XCLIENT). */
export const rulesPermission = ({ rules }: LastingDoor): Permission[] => (rules === undefined ? [] : [`read:${rules}`])

/** What such a worker may do besides: listen, which it gives up at once, and look at what decides. */
export const permissionsFor = (door: LastingDoor, watched: readonly string[]): Permission[] => [
  'net',
  'read:/dev/null',
  ...rulesPermission(door),
  ...watched.map((path): Permission => `read:${path}`)
]
