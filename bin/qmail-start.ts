/**
 * NAME     qmail-start [defaultdelivery [logger arg ...]]: starts the daemons of the queue and watches over them (spec queue.md 3)
 * RUNS AS  root (in a one-user installation: whoever starts it; then all daemons run as that user)
 * FDS      0 must be open; 1> the log, or the logger's standard output; 2> what goes wrong before the daemons run
 * ENV      PATH: where the daemons and the logger are found. All of it is passed down to qmail-local, qmail-remote and .qmail commands.
 * EXIT     0 qmail-send was stopped by a signal and all ended well; 111 something could not start, or a daemon failed
 * FILES    lib/ids, else /etc/passwd and /etc/group: the suite's users; control/firstgear
 *
 * SIGTERM stops the suite after the deliveries that are running; SIGALRM retries everything now; SIGHUP re-reads control/locals
 * and control/virtualdomains. When one daemon ends, all are stopped, and the supervisor starts afresh.
 */
import { Exit } from '../src/core/exit.ts'
import { errorCode, reason } from '../src/core/failure.ts'
import { logLine } from '../src/core/logline.ts'
import { type Context, run } from '../src/core/run.ts'
import { type Daemons, startDaemons, whenListening } from '../src/start/daemons.ts'

const DEFAULT_DELIVERY = './Mailbox'

const isMissing = (error: unknown): boolean => errorCode(error) === 'ENOENT'

/** Tells how each daemon ended, as they end: its exit code, or the signal that ended it; undefined when it did not start. */
const watch = (daemons: Daemons, ended: (how: number | string | undefined) => void): void => {
  for (const [name, child] of daemons) {
    let told = false
    const tell = (how: number | string | undefined, why?: string): void => {
      if (told) return
      told = true
      if (why !== undefined) logLine(2, `qmail-start: fatal: ${name}: ${why}`)
      ended(how)
    }
    child.on('error', (error) => tell(undefined, `unable to run it: ${reason(error)}${isMissing(error) ? ' in any folder of PATH' : ''}`))
    child.on('exit', (code, signal) => tell(signal ?? code ?? undefined, signal && signal !== 'SIGTERM' ? `killed by ${signal}` : undefined))
  }
}

const main = (context: Context): Promise<number> => {
  process.umask(0o077)
  const [defaultDelivery = DEFAULT_DELIVERY, ...logger] = context.args
  let stopping = false
  const stop = (): void => {
    stopping = true
    for (const name of ['qmail-send', 'qmail-queued']) daemons.get(name)?.kill('SIGTERM')
  }
  // Caught before anything is started; they are delivered when this function has returned.
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  for (const signal of ['SIGALRM', 'SIGHUP'] as const) process.on(signal, () => void listening.then(() => daemons.get('qmail-send')?.kill(signal)))
  const daemons = startDaemons(context, defaultDelivery, logger)
  const listening = whenListening(daemons)
  return new Promise((resolve) => {
    let well = true
    let left = daemons.size
    watch(daemons, (how) => {
      // SIGTERM ends only a daemon that is still starting, and has nothing in hand
      if (!stopping || (how !== Exit.ok && how !== 'SIGTERM')) well = false
      if (!stopping) stop()
      left -= 1
      if (left === 0) resolve(well ? Exit.ok : Exit.temporary)
    })
  })
}

run('qmail-start', main)
