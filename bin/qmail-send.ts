/**
 * NAME     qmail-send: schedules deliveries, writes bounces and the log
 * RUNS AS  qmails:qmail, under qmail-start; one for each queue (queue/lock/sendmutex)
 * FDS      0> log, 1> 2< qmail-lspawn, 3> 4< qmail-rspawn, 5> 6< qmail-clean, 7< held by qmail-start (second gear: its end counts as TERM; we say a byte when we catch signals)
 * ENV      QMAILQUEUE: the program bounces are handed to
 * EXIT     0 stopped, 111 cannot start (the log says why)
 * FILES    control/ authsenders bouncefrom bouncehost concurrencylocal concurrencyremote destinations doublebouncehost doublebounceto envnoathost
 *          locals me percenthack queuelifetime retryschedule smtproutes virtualdomains; queue/ todo info local remote bounce mess lock/trigger lock/sendmutex
 *
 * TERM: ends when running deliveries have; ALRM: everything is due now; HUP: reads locals, virtualdomains and the settings of scheduling again.
 */

import { Exit } from '../src/core/exit.ts'
import { explain, reason } from '../src/core/failure.ts'
import { run } from '../src/core/run.ts'
import { collectAtLeisure } from '../src/os/leisure.ts'
import { Log } from '../src/send/log.ts'
import { Loop } from '../src/send/loop.ts'
import type { SendSettings } from '../src/send/settings.ts'
import { FD, prepare } from '../src/send/start.ts'

const UMASK = 0o077

run('qmail-send', async (context) => {
  const log = new Log(FD.log)
  const leave = (line: string): number => {
    log.line(line)
    log.flush()
    return Exit.temporary
  }
  process.umask(UMASK)
  let settings: SendSettings
  try {
    settings = prepare(context)
  } catch (error) {
    // qmail's line does not say which file; qmail-send under qmail-start says that first
    if (context.resident && error instanceof Error && error.cause !== undefined) log.line(`alert: ${explain(error.cause)}`)
    return leave(`alert: cannot start: ${reason(error)}`)
  }
  collectAtLeisure()
  try {
    await new Loop(settings, log).run()
    return Exit.ok
  } catch (error) {
    return leave(`alert: ${reason(error)}, dying...`)
  }
})
