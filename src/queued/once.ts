import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Exit } from '../core/exit.ts'
import type { Ids } from '../os/child.ts'
import { becomeUser } from '../os/ids.ts'
import { dropLimit, FINAL } from '../queue/drop-format.ts'
import { envelopeLimits } from '../queue/envelope.ts'
import { DropDoor } from './drop.ts'
import { GroupCommit } from './group-commit.ts'
import { beTheOnlyOne } from './lock.ts'
import { LogKeeper } from './log/keeper.ts'
import type { QueuedOptions } from './queued.ts'

/**
 * Takes the messages of the drop folder and of the commit log into the queue, once, as qmailq: for one who goes back to a qmail without drop folder, which
 * would leave them there. Gives back the exit code: temporary when some are left. Rejects with Temporary while another qmail-queued runs.
 */
export const takeUpOnce = async ({ home, who, log }: Pick<QueuedOptions, 'home' | 'who' | 'log'>, ids: Ids): Promise<number> => {
  await beTheOnlyOne()
  becomeUser(ids)
  const folder = join(home, 'drop')
  const group = new GroupCommit('queue/')
  const keeper = new LogKeeper({ root: 'queue/', group, maxBytes: 0, log })
  await keeper.start()
  await keeper.stop()
  const queue = { root: 'queue/', group, keeper, limits: envelopeLimits(home), trouble: (why: string) => log(`warning: unable to queue messages: ${why}`) }
  await new DropDoor({ folder, queue, maxBytes: dropLimit(home), who, log }).once()
  const left = readdirSync(folder).filter((name) => name.startsWith(FINAL)).length
  if (left === 0) return keeper.isEmpty ? Exit.ok : Exit.temporary
  log(`warning: ${left} of the messages in drop could not be queued and are still there`)
  return Exit.temporary
}
