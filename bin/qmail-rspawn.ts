/**
 * NAME     qmail-rspawn: runs qmail-remote for qmail-send (spec queue.md 7.1, 7.3)
 * RUNS AS  qmailr:qmail, under qmail-start
 * FDS      0< delivery commands, 1> one byte, the limit; then reports
 * ENV      QMAILREMOTE: the program run for each delivery; unset: qmail-remote, looked up in PATH. All of it is handed on, without NODE_* and LD_*. QMAIL_WIDE=1: numbers of two bytes, several recipients in one delivery (src/queue/spawnproto.ts)
 * EXIT     0 end of commands, all deliveries reported; 111 cannot start
 * FILES    queue/mess; queue/lock/tcpto is emptied at the start; control/firstgear
 *
 * qmail-remote is kept resident when it is the suite's own and control/firstgear does not name it. src/spawn/wire.ts.
 */
import { join } from 'node:path'
import { readSetting } from '../src/control/read.ts'
import { Exit } from '../src/core/exit.ts'
import { reason, Temporary } from '../src/core/failure.ts'
import { run } from '../src/core/run.ts'
import { suiteUser } from '../src/os/ids.ts'
import { requiresTls } from '../src/queue/notes.ts'
import { queueFolder } from '../src/queue/paths.ts'
import { gearChooser, isOwnRemote } from '../src/rspawn/gear.ts'
import { runRemote } from '../src/rspawn/once.ts'
import { RemotePool } from '../src/rspawn/pool.ts'
import { cannotRequireTls, needsFile, reportOn } from '../src/rspawn/report.ts'
import { forgetAllTimeouts } from '../src/rspawn/tcpto.ts'
import { deliverTogether } from '../src/rspawn/together.ts'
import { serveSpawner } from '../src/spawn/spawner.ts'

const FD = { commands: 0, reports: 1 } as const

/** Programs are run there, and may count on it (spec queue.md 7.3). */
const enter = (folder: string): void => {
  try {
    process.chdir(folder)
  } catch (error) {
    throw new Temporary(`unable to chdir to ${folder}: ${reason(error)}`)
  }
}

run('qmail-rspawn', async ({ home, env: { QMAIL_WIDE, ...env } }) => {
  const owner = suiteUser(home, 'qmailq').uid
  const mess = join(queueFolder(home), 'mess')
  enter(mess)
  const gear = gearChooser(home, env, readSetting(home, 'firstgear'))
  const pool = new RemotePool(home, env)
  forgetAllTimeouts(home)
  const isWide = QMAIL_WIDE === '1'
  await serveSpawner({
    mess,
    owner,
    commandFd: FD.commands,
    reportFd: FD.reports,
    width: isWide ? 2 : 1,
    together: isWide && gear() !== undefined ? deliverTogether(pool, gear) : undefined,
    deliver: async (job) => {
      const version = gear()
      if (version !== undefined) return reportOn(await pool.deliver(job, version), job.notes !== undefined)
      if (requiresTls(job.notes) && !isOwnRemote(home, env)) return cannotRequireTls
      return reportOn(job.logged ? needsFile : await runRemote(env, job), job.notes !== undefined)
    }
  })
  return Exit.ok
})
