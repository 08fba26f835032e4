/**
 * `make backlog`: a queue that is full when qmail-send starts. 100, 10,000 and 100,000 messages (SIZES="100 1000") for 1,000 hosts; neighbours are played (test/helpers/send-rig.ts), which deliver
 * at once. Prints, for each size: from the start to the first delivery, the most memory qmail-send held, processor time of the start and of each message delivered after it (the
 * first 5,000; COUNT=n), and how soon qmail-qread and `qmail-qctl list` begin to print. Lays 3 files a message below a temporary folder.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { linkSync, writeFileSync } from 'node:fs'
import { makeHome } from '../test/helpers/home.ts'
import { NO_INODE, putWaiting, SendRig } from '../test/helpers/send-rig.ts'
import { until, untilServed } from '../test/helpers/wait.ts'

const SIZES = (process.env.SIZES || '100 10000 100000').split(' ').map(Number)
const COUNT = Number(process.env.COUNT) || 5000
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

  rig.onDelivery = () => 'Kok\n'
  const count = Math.min(COUNT, size)
  for (const asked of rig.asked.splice(0)) rig.report(asked, 'Kok\n')
  await until(`${count} messages to leave`, () => rig.cleaned.length >= count)
  const cost = (rig.cpu() - cpuAtFirst) / rig.cleaned.length
  const end = rig.peakMegabytes()
  rig.kill('SIGKILL')
  await rig.ended
  return `| ${size} | ${(first / 1000).toFixed(2)} s | ${cpuAtFirst} ms | ${peak} MB | ${end} MB | ${cost.toFixed(2)} ms | ${read} s | ${list} s |`
}

const say = (text: string): void => void process.stdout.write(`${text}\n`)
say(
  '| messages | first delivery after | processor until then | memory then | memory in the end | processor a message | qmail-qread prints after | qmail-qctl list |'
)
say('| --- | --- | --- | --- | --- | --- | --- | --- |')
for (const size of SIZES) say(await measure(size))
