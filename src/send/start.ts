import { Temporary } from '../core/failure.ts'
import { readFd } from '../core/fdio.ts'
import type { Context } from '../core/run.ts'
import { holdForLife } from '../os/lock.ts'
import { queueFolder } from '../queue/paths.ts'
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

/** The first byte a spawner says: how many deliveries it takes at a time. */
const limitOf = (fd: number): number =>
  step('hath the daemon spawn no fire?', () => {
    const byte = Buffer.alloc(1)
    if (readFd(fd, byte) === 0) throw new Temporary('no spawner')
    return byte[0] ?? 0
  })

/** Everything that must be right before mail is touched: settings, the queue folder (entered here), the lock, both spawners. Throws Temporary. */
export const prepare = ({ home, env, resident }: Context): SendSettings => {
  step('unable to switch to home directory', () => process.chdir(home))
  const settings = step('unable to read controls', () => readSendSettings(home, env, resident))
  step('unable to switch to queue directory', () => process.chdir(queueFolder(home)))
  if (!step('unable to open mutex', () => holdForLife('lock/sendmutex'))) throw new Temporary('qmail-send is already running')
  const [local, remote] = [limitOf(FD.fromLocal), limitOf(FD.fromRemote)]
  const spawnLimit = { local, remote }
  return { ...settings, spawnLimit, tunable: readTunable(home, spawnLimit) }
}
