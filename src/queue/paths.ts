import { join } from 'node:path'

/** Number of folders mess, info, local and remote are split into (spec queue.md 1.1). All programs must agree. */
export const SPLIT = 23

/** Channels of delivery, in the order their files are looked at. */
export const CHANNELS = ['local', 'remote'] as const
export type Channel = (typeof CHANNELS)[number]

/** `DIR/(ID mod 23)/ID`, relative to queue/. */
export const splitPath = (folder: 'mess' | 'info' | Channel, id: number): string => `${folder}/${id % SPLIT}/${id}`

/** The queue's folder. */
export const queueFolder = (home: string): string => join(home, 'queue')

/** qmail-queue, and qmail-queued for others, give up on a message after a day: what it has left by then is not rubbish yet (spec queue.md 1.4, rule 6). */
export const PATIENCE_MILLISECONDS = 86_400_000
/** Files older than this, by atime, that no message owns are rubbish. */
export const RUBBISH_SECONDS = 129_600

/** Spawners accept this many deliveries at a time (spec queue.md 1.1). */
export const SPAWN_LIMIT = 120
/** Ours so many, where qmail-send is the suite's own too (src/queue/spawnproto.ts, Width). */
export const WIDE_LIMIT = 1000

/** Addresses up to this many bytes are accepted (spec queue.md 2). */
export const MAX_ADDRESS_BYTES = 1002
