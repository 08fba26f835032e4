/**
 * `make backlog`: a queue that is full when qmail-send starts. 100, 10,000 and 100,000 messages (SIZES="100 1000") for 1,000 hosts; neighbours are played (test/helpers/send-rig.ts), which deliver
 * at once. Prints, for each size: from the start to the first delivery, the most memory qmail-send held, processor time of the start and of each message delivered after it (the
 * first 5,000; COUNT=n), the same of a qmail-send that is warm, and how soon qmail-qread and `qmail-qctl list` begin to print. Lays 3 files a message below a temporary folder.
 *
 * Warm: WARM more messages lay in the queue at its start, and have left it when the clock begins, so its code is compiled. A size may be named more than once, for the middle of its rows.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { linkSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { makeHome } from '../test/helpers/home.ts'
import { NO_INODE, putWaiting, SendRig } from '../test/helpers/send-rig.ts'
import { until, untilServed } from '../test/helpers/wait.ts'

const SIZES = (process.env.SIZES || '100 10000 100000').split(' ').map(Number)
const COUNT = Number(process.env.COUNT) || 5000
const WARM = 5000
const HOSTS = 1000
const FOLDERS = 23

const lay = (size: number): ReturnType<typeof makeHome> => {
  const home = makeHome('self')
  home.control('locals', 'me.example\n')
  for (let n = 0; n < FOLDERS; n++) writeFileSync(home.at(`queue/mess/${n}/model`), `Subject: x\n\n${'x'.repeat(63).concat('\n').repeat(64)}`)
  const now = Math.floor(Date.now() / 1000)
  for (let i = 0; i < size; i++) {
    const id = NO_INODE + i
    linkSync(home.at(`queue/mess/${id % FOLDERS}/model`), home.at(`queue/mess/${id % FOLDERS}/${id}`))
    putWaiting(home, [`user${i}@host${i % HOSTS}.example`], { id, birth: now - 3600, due: now - (i % 3000) })
  }
  return home
}

const firstByte = (child: ChildProcess): Promise<void> => new Promise((resolve) => child.stdout?.once('data', () => resolve()))

/** How soon a program begins to print, in seconds. */
const printsAfter = async (home: ReturnType<typeof makeHome>, program: string, args: string[]): Promise<string> => {
  const began = performance.now()
  const child = spawn(home.at('bin', program), args, { stdio: ['ignore', 'pipe', 'ignore'] })
  await firstByte(child)
  child.kill()
  return ((performance.now() - began) / 1000).toFixed(2)
}

/** Processor time qmail-send has used so far, in milliseconds; finer than rig.cpu(), which counts by ten. */
const cpu = ({ pid }: SendRig): number => {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1'))
  return threads.reduce((sum, line) => sum + Number.parseInt(line, 10), 0) / 1e6
}

/** Delivers what is asked for until so many more messages have left: processor time of each, in milliseconds. */
const costOf = async (rig: SendRig, count: number): Promise<number> => {
  const [before, left] = [cpu(rig), rig.cleaned.length]
  rig.onDelivery = () => 'Kok\n'
  for (const asked of rig.asked.splice(0)) rig.report(asked, 'Kok\n')
  await until(`${count} messages to leave`, () => rig.cleaned.length >= left + count)
  return (cpu(rig) - before) / (rig.cleaned.length - left)
}

const end = async (rig: SendRig): Promise<void> => {
  rig.kill('SIGKILL')
  await rig.ended
}

/** The cost of a message of a backlog, where WARM others were delivered before. */
const warmCost = async (size: number, count: number): Promise<number> => {
  const rig = new SendRig(lay(WARM + size), { resident: true })
  let delivered = 0
  rig.onDelivery = () => (delivered++ < WARM ? 'Kok\n' : undefined)
  await until(`${WARM} messages to leave`, () => rig.cleaned.length >= WARM)
  const cost = await costOf(rig, count)
  await end(rig)
  return cost
}

const measure = async (size: number): Promise<string> => {
  const home = lay(size)
  const began = performance.now()
  const rig = new SendRig(home, { resident: true })
  const first = await new Promise<number>((resolve) => {
    rig.onDelivery = () => {
      resolve(performance.now() - began)
      return undefined
    }
  })
  const cpuAtFirst = rig.cpu()
  const peak = rig.peakMegabytes()

  const read = await printsAfter(home, 'qmail-qread', [])
  await untilServed(home.at('run/ctl/socket'))
  const list = await printsAfter(home, 'qmail-qctl', ['list'])

  const count = Math.min(COUNT, size)
  const cold = await costOf(rig, count)
  const peakAtEnd = rig.peakMegabytes()
  await end(rig)
  const warm = await warmCost(size, count)
  return `| ${size} | ${(first / 1000).toFixed(2)} s | ${cpuAtFirst} ms | ${peak} MB | ${peakAtEnd} MB | ${cold.toFixed(2)} ms | ${warm.toFixed(2)} ms | ${read} s | ${list} s |`
}

const say = (text: string): void => void process.stdout.write(`${text}\n`)
say(
  '| messages | first delivery after | processor until then | memory then | memory in the end | processor a message | the same, warm | qmail-qread prints after | qmail-qctl list |'
)
say('| --- | --- | --- | --- | --- | --- | --- | --- | --- |')
for (const size of SIZES) say(await measure(size))
