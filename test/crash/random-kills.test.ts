import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Home } from '../helpers/home.ts'
import { killListed, treeOf } from '../helpers/proc.ts'
import { killGroup, until } from '../helpers/suite.ts'
import { allArrive, load, makeBoxes, type Running, restartServer, restartSuite, startAll } from '../helpers/under-load.ts'

/** `make crash ROUNDS=n` kills so often, JOBS installations at a time. */
const KILLS = Number(process.env.ROUNDS ?? 8)
const JOBS = Number(process.env.JOBS ?? 1)
/** Then all messages are counted, and the next kills are of a new installation: what a queue has gone through adds up over so many. */
const KILLS_OF_ONE = 50

const below = (n: number): number => Math.floor(Math.random() * n)

/** Who goes, and the suite or server does without it, or starts another. */
const IS_MISSED_BY_NOBODY = new Set(['qmail-local', 'qmail-getpw', 'qmail-smtpd', 'perl', 'sync'])

/** Kills all at once, or any one process, and starts again what that has ended. */
const killAny = async (home: Home, running: Running): Promise<string> => {
  const { suite, smtpd } = running
  const all = [suite.child, smtpd.daemon.child].flatMap(({ pid }) => (pid === undefined ? [] : treeOf(pid)))
  const victim = all[below(2 * all.length)]
  if (!victim) {
    killGroup(suite.child)
    killGroup(smtpd.daemon.child)
    await restartSuite(home, running)
    await restartServer(home, running)
    return 'all'
  }
  killListed(victim)
  if (IS_MISSED_BY_NOBODY.has(victim.name)) return victim.name
  await delay(below(40)) // what is left goes on for a moment, some time or other
  if (victim.name === 'tcpserver') await restartServer(home, running)
  else await restartSuite(home, running)
  return victim.name
}

describe('SIGKILL at random', { concurrency: JOBS }, () => {
  for (let first = 1; first <= KILLS; first += KILLS_OF_ONE) {
    const last = Math.min(first + KILLS_OF_ONE - 1, KILLS)
    test(`under load, of all at once or of one, kills ${first} to ${last}: every acknowledged message arrives, none is torn`, {
      timeout: 600_000 + (last - first) * 20_000
    }, async () => {
      const { home, boxes } = makeBoxes()
      const running = await startAll(home)
      const sending = load(running)
      const killed: string[] = []
      for (let kill = first; kill <= last; kill++) {
        const enough = sending.acknowledged.size + 1 + below(40)
        await until(
          () => `messages on their way; killed: ${killed.join(' ')}`,
          () => sending.acknowledged.size >= enough
        )
        killed.push(await killAny(home, running))
      }
      await sending.finish()
      await restartSuite(home, running)
      await allArrive(running, home, boxes, sending.acknowledged)
    })
  }
})
