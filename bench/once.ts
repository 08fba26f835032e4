/**
 * What starting programs costs: one `sendmail` beside Postfix's, in pairs, by an ordinary user, 4 kB on descriptor 0, each durable when it ends;
 * and a delivery to `|true` of a .qmail file. Part of `make bench`; alone: `once.ts`, as root. PAIRS=n (default 100).
 */
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../test/helpers/free-port.ts'
import { processTree } from '../test/helpers/proc.ts'
import { DOMAIN, MESSAGE_BYTES, median, USERS } from './load.ts'
import { enterNameSpace, type Postfix, startPostfix } from './postfix.ts'
import { type Qmail, startQmail } from './qmail.ts'

const PAIRS = Number(process.env.PAIRS ?? 100)
const DELIVERIES = 50
const PATIENCE_SECONDS = 120
/** nobody: an ordinary user that every Debian system has; Postfix's sendmail wants an account. */
const CALLER = 65_534
const TICK_MILLISECONDS = 10
const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** Processor milliseconds of a process and of its children that have ended. */
const usedBy = (pid: number | 'self', isOwnCounted: boolean): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15)
    .map(Number)
  return (childrenUser + childrenSystem + (isOwnCounted ? user + system : 0)) * TICK_MILLISECONDS
}

interface Cost {
  name: string
  command: [string, string[]]
  walls: number[]
  cpu: number
}

const runOnce = (cost: Cost, messageFile: string): void => {
  const input = openSync(messageFile, 'r')
  const before = usedBy('self', false)
  const start = performance.now()
  const r = spawnSync(cost.command[0], cost.command[1], {
    stdio: [input, 'ignore', 'pipe'],
    uid: CALLER,
    gid: CALLER,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' }
  })
  cost.walls.push(performance.now() - start)
  cost.cpu += usedBy('self', false) - before
  closeSync(input)
  if (r.status !== 0) throw new Error(`${cost.command[0]} failed: ${r.stderr}`)
}

const compareSendmail = (qmail: Qmail, postfix: Postfix | undefined): void => {
  const header = `To: ${USERS[0]}@${DOMAIN}\nSubject: one\n\n`
  const file = join(qmail.home, 'message')
  writeFileSync(file, header + `${'x'.repeat(63)}\n`.repeat(MESSAGE_BYTES / 64))
  const costs = [qmail, ...(postfix ? [postfix] : [])].map(({ name, sendmail }): Cost => ({ name, command: sendmail, walls: [], cpu: 0 }))
  for (const cost of costs) runOnce(cost, file)
  for (const cost of costs) Object.assign(cost, { walls: [], cpu: 0 })
  for (let pair = 0; pair < PAIRS; pair++) for (const cost of pair % 2 ? costs : costs.toReversed()) runOnce(cost, file)
  for (const { name, walls, cpu } of costs)
    say(`one sendmail, ${name}: ${median(walls).toFixed(1)} ms, processor ${(cpu / PAIRS).toFixed(1)} ms (${PAIRS} in pairs, middle)`)
  const [ours, theirs] = costs
  if (!ours || !theirs) return
  const ratios = ours.walls.map((wall, i) => wall / (theirs.walls[i] ?? Number.NaN))
  say(`one sendmail, ratio: ${(median(ours.walls) / median(theirs.walls)).toFixed(2)}, middle of the pairs ${median(ratios).toFixed(2)}`)
}

const deliveriesIn = (log: string): number => readFileSync(log, 'latin1').match(/^delivery \d+: success/gm)?.length ?? 0

const programDelivery = async (qmail: Qmail): Promise<void> => {
  const user = USERS[1] ?? ''
  const log = join(qmail.home, 'send.log')
  const dotQmail = join(qmail.home, 'homes', user, '.qmail')
  writeFileSync(dotQmail, '|true\n')
  const lspawn = qmail.processes().find(({ name }) => name === 'qmail-lspawn')
  if (!lspawn) throw new Error('qmail-lspawn does not run')
  const used = (): number => processTree(lspawn.pid).reduce((sum, { pid }) => sum + usedBy(pid, true), 0)
  const deliver = async (count: number): Promise<void> => {
    const before = deliveriesIn(log)
    for (let i = 0; i < count; i++) spawnSync(qmail.sendmail[0], [`${user}@${DOMAIN}`], { input: 'Subject: x\n\nhello\n' })
    for (const end = performance.now() + PATIENCE_SECONDS * 1000; deliveriesIn(log) - before < count; await delay(20))
      if (performance.now() > end) throw new Error('the deliveries to |true did not end')
  }
  await deliver(1)
  const before = used()
  await deliver(DELIVERIES)
  say(`a delivery to |true: ${((used() - before) / DELIVERIES).toFixed(1)} ms of processor time (qmail-lspawn and all below it, ${DELIVERIES} deliveries)`)
  rmSync(dotQmail)
}

/** Measures and prints both, with a suite that runs and is idle. */
export const measureStarts = async (qmail: Qmail, postfix: Postfix | undefined): Promise<void> => {
  compareSendmail(qmail, postfix)
  await programDelivery(qmail)
}

if (process.argv[1] === import.meta.filename) {
  enterNameSpace(import.meta.filename)
  const qmail = await startQmail(await freePort())
  let postfix: Postfix | undefined
  try {
    postfix = startPostfix(await freePort())
    await measureStarts(qmail, postfix)
  } finally {
    postfix?.stop()
    await qmail.stop()
  }
}
