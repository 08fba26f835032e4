/**
 * NAME     qmail-start [defaultdelivery [logger arg ...]]: starts the daemons of the queue and watches over them (spec queue.md 3)
 * RUNS AS  root (in a one-user installation: whoever starts it; then all daemons run as that user)
 * FDS      0 must be open; 1> the log, or the logger's standard output; 2> what goes wrong before the daemons run
 * ENV      PATH: where the daemons and the logger are looked up; where it has none, beside this program. All of it is passed down to qmail-local, qmail-remote and .qmail commands.
 * EXIT     0 qmail-start or qmail-send was told SIGTERM and all ended well; 111 something could not start, or a daemon failed
 * FILES    lib/ids, else /etc/passwd and /etc/group: the suite's users; control/ firstgear recipientcheck checkpassword clientcert.pem domaincerts servercert.pem; run/helpers: how the helpers are, for qmail-showctl
 *
 * SIGTERM stops the suite after the deliveries that are running; SIGALRM retries everything now; SIGHUP re-reads control/locals
 * and control/virtualdomains. Helpers (qmail-rcptd, qmail-authd, qmail-tlsd -c) start and end with the daemons, and again when they end. When one daemon ends, all are stopped, and the supervisor starts afresh.
 */
import { Exit } from '../src/core/exit.ts'
import { errorCode, reason } from '../src/core/failure.ts'
import { logLine } from '../src/core/logline.ts'
import { type Context, run } from '../src/core/run.ts'
import { collectAtLeisure } from '../src/os/leisure.ts'
import { type Daemons, startDaemons, whenListening } from '../src/start/daemons.ts'
import { Helpers } from '../src/start/helpers.ts'
import { searchPath } from '../src/start/path.ts'

const DEFAULT_DELIVERY = './Mailbox'

const isMissing = (error: unknown): boolean => errorCode(error) === 'ENOENT'

/** How a daemon ended: its exit code, or the signal that ended it; undefined when it did not start. */
type Ending = number | string | undefined

/** Tells how each daemon, looked up in this PATH, ended, as they end. */
const watch = (daemons: Daemons, path: string, ended: (name: string, how: Ending) => void): void => {
  for (const [name, child] of daemons) {
    let told = false
    const tell = (how: Ending, why?: string): void => {
      if (told) return
      told = true
      if (why !== undefined) logLine(2, `qmail-start: fatal: ${name}: ${why}`)
      ended(name, how)
    }
    child.on('error', (error) => tell(undefined, `unable to run it: ${reason(error)}${isMissing(error) ? ` in any folder of PATH, ${path}` : ''}`))
    child.on('exit', (code, signal) => tell(signal ?? code ?? undefined, signal && signal !== 'SIGTERM' ? `killed by ${signal}` : undefined))
  }
}

/**
 * Did they end as they should? All with 0: classic init scripts tell qmail-send alone to stop, and the others follow it, in any order.
 * SIGTERM, when we sent it because we were asked to or qmail-send was, ends only a daemon that is still starting, and has nothing in hand.
 */
const endedWell = (endings: Map<string, Ending>, wasAsked: boolean): boolean =>
  [...endings.values()].every((how) => how === Exit.ok || (how === 'SIGTERM' && (wasAsked || endings.get('qmail-send') === Exit.ok)))

const main = ({ home, args: [defaultDelivery = DEFAULT_DELIVERY, ...logger], env }: Context): Promise<number> => {
  process.umask(0o077)
  const path = searchPath(home, env.PATH)
  let wasAsked = false
  const helpers = new Helpers({ home, env: { ...env, PATH: path } })
  const stop = (): void => {
    helpers.stop()
    for (const name of ['qmail-send', 'qmail-queued']) daemons.get(name)?.kill('SIGTERM')
  }
  const asked = (): void => {
    wasAsked = true
    stop()
  }
  // Caught before anything is started; they are delivered when this function has returned.
  process.on('SIGTERM', asked)
  process.on('SIGINT', asked)
  for (const signal of ['SIGALRM', 'SIGHUP'] as const) process.on(signal, () => void listening.then(() => daemons.get('qmail-send')?.kill(signal)))
  const daemons = startDaemons({ home, env: { ...env, PATH: path } }, defaultDelivery, logger)
  helpers.start()
  collectAtLeisure()
  const listening = whenListening(daemons)
  const endings = new Map<string, Ending>()
  return new Promise((resolve) => {
    watch(daemons, path, (name, how) => {
      if (endings.size === 0 && !wasAsked) stop()
      endings.set(name, how)
      if (endings.size === daemons.size) resolve(endedWell(endings, wasAsked) ? Exit.ok : Exit.temporary)
    })
  })
}

run('qmail-start', main)
