import { readSetting } from '../control/read.ts'
import { type Bytes, lower } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import type { Channel } from '../queue/paths.ts'
import type { Routing } from '../queue/rewrite.ts'
import type { Width } from '../queue/spawnproto.ts'
import { type Schedule, scheduleIn } from './backoff.ts'
import { type NoticeSettings, readBounceSettings, readNoticeSettings } from './bounce/settings.ts'
import type { BounceSettings } from './bounce/text.ts'

/** What qmail-send was told: by control/ and by whoever started it. SIGHUP changes locals and virtualdomains within `routing`, `notices`, and what is `tunable`. */
export interface SendSettings extends BounceSettings {
  home: string
  env: Env
  /** In the second gear new messages may take the express lane. */
  isResident: boolean
  /** May messages come from the commit log? Only if the spawners can read it: qmail-start tells. */
  takesLog: boolean
  me: Bytes | undefined
  lifetimeSeconds: number
  routing: Routing
  /** How bounces and other notices are written. */
  notices: NoticeSettings
  /** How many deliveries each spawner takes at a time, and how wide their numbers are. */
  spawnLimit: Record<Channel, number>
  spawnWidth: Record<Channel, Width>
  /** How many recipients of a message each spawner takes in one delivery. */
  spawnTogether: Record<Channel, number>
  /** May a spawner say that its numbers have two bytes? Only if it was told that we know: by qmail-start. */
  mayBeWide: boolean
  tunable: Tunable
}

/** Settings of scheduling, all of which SIGHUP reads again. */
export interface Tunable {
  concurrency: Record<Channel, number>
  schedule: Schedule
  /** control/destinations. */
  destinations: Map<Bytes, Bytes>
}

const lowerSet = (list: readonly Bytes[] | undefined): Set<Bytes> => new Set(list?.map(lower))

const readLocals = (home: string, me: Bytes | undefined): Set<Bytes> => {
  const locals = readSetting(home, 'locals')
  if (locals === undefined && me === undefined) throw new Temporary('control/locals and control/me are missing')
  return lowerSet(locals ?? [me ?? ''])
}

/** Reads all of it. Throws Temporary, naming the file (spec queue.md 5.1). */
export const readSendSettings = (home: string, { QMAIL_LOG, QMAIL_WIDE, ...env }: Env, isResident: boolean): SendSettings => {
  const me = readSetting(home, 'me')
  return {
    home,
    env,
    isResident,
    takesLog: isResident && QMAIL_LOG === '1',
    mayBeWide: isResident && QMAIL_WIDE === '1',
    me,
    lifetimeSeconds: readSetting(home, 'queuelifetime'),
    ...readBounceSettings(home),
    notices: readNoticeSettings(home),
    routing: {
      envnoathost: readSetting(home, 'envnoathost') ?? '',
      percenthack: lowerSet(readSetting(home, 'percenthack')),
      locals: readLocals(home, me),
      virtualdomains: readSetting(home, 'virtualdomains') ?? new Map()
    },
    spawnLimit: UNLIMITED,
    spawnWidth: { local: 1, remote: 1 },
    spawnTogether: { local: 1, remote: 1 },
    tunable: readTunable(home, UNLIMITED)
  }
}

const UNLIMITED = { local: Number.POSITIVE_INFINITY, remote: Number.POSITIVE_INFINITY }

/** Reads what is tunable. Throws Temporary, naming the file. */
export const readTunable = (home: string, limit: SendSettings['spawnLimit']): Tunable => ({
  concurrency: {
    local: Math.min(readSetting(home, 'concurrencylocal'), limit.local),
    remote: Math.min(readSetting(home, 'concurrencyremote'), limit.remote)
  },
  schedule: scheduleIn(readSetting(home, 'retryschedule') ?? []),
  destinations: readSetting(home, 'destinations') ?? new Map()
})

/** Reads what SIGHUP reads again. On trouble: the name of the file, and the old settings stay in force. */
export const rereadRouting = (settings: SendSettings): Routing | { unreadable: 'locals' | 'virtualdomains' } => {
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read()
    } catch {
      return undefined
    }
  }
  const locals = attempt(() => readLocals(settings.home, settings.me))
  if (locals === undefined) return { unreadable: 'locals' }
  const virtualdomains = attempt(() => readSetting(settings.home, 'virtualdomains') ?? new Map<Bytes, Bytes>())
  if (virtualdomains === undefined) return { unreadable: 'virtualdomains' }
  return { ...settings.routing, locals, virtualdomains }
}
