import { Temporary } from '../core/failure.ts'
import { readFd } from '../core/fdio.ts'
import type { Context } from '../core/run.ts'
import { holdForLife } from '../locks/lock.ts'
import { queueFolder } from '../queue/paths.ts'
import type { Width } from '../queue/spawnproto.ts'
import { readSendSettings, readTunable, type SendSettings } from './settings.ts'

/** qmail-send's descriptors (spec queue.md 3); in its second gear also a pipe that qmail-start holds the other end of. */
export const FD = { log: 0, toLocal: 1, fromLocal: 2, toRemote: 3, fromRemote: 4, toClean: 5, fromClean: 6, parent: 7 } as const

/** Does a step of starting; its failure is Temporary, in the words of the log. */
const step = <T>(words: string, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    throw new Temporary(words, { cause: error })
  }
}

interface Announced {
  limit: number
  width: Width
  /** Recipients of a message in one delivery. */
  together: number
}

const read = (fd: number, count: number): Buffer => {
  const bytes = Buffer.alloc(count)
  for (let at = 0; at < count; at++) if (readFd(fd, bytes.subarray(at, at + 1)) === 0) throw new Temporary('no spawner')
  return bytes
}

/** What a spawner says first: how many deliveries it takes at a time (spec queue.md 5.2; spawnproto.ts, Width, limitBytes). */
const announcedBy = (fd: number, mayBeWide: boolean): Announced =>
  step('hath the daemon spawn no fire?', () => {
    const limit = read(fd, 1).readUInt8()
    if (limit > 0 || !mayBeWide) return { limit, width: 1, together: 1 }
    const [high = 0, low = 0] = read(fd, 2)
    return high > 0 ? { limit: 256 * high + low, width: 2, together: 1 } : { limit: read(fd, 2).readUInt16BE(), width: 2, together: low }
  })

/** Everything that must be right before mail is touched: settings, the queue folder (entered here), the lock, both spawners. Throws Temporary. */
export const prepare = ({ home, env, resident }: Context): SendSettings => {
  step('unable to switch to home directory', () => process.chdir(home))
  const settings = step('unable to read controls', () => readSendSettings(home, env, resident))
  step('unable to switch to queue directory', () => process.chdir(queueFolder(home)))
  if (!step('unable to open mutex', () => holdForLife('lock/sendmutex'))) throw new Temporary('qmail-send is already running')
  const [local, remote] = [announcedBy(FD.fromLocal, settings.mayBeWide), announcedBy(FD.fromRemote, settings.mayBeWide)]
  const spawnTogether = { local: local.together, remote: remote.together }
  const spawnLimit = { local: local.limit, remote: remote.limit }
  return { ...settings, spawnLimit, spawnTogether, spawnWidth: { local: local.width, remote: remote.width }, tunable: readTunable(home, spawnLimit) }
}
