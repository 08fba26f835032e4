import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { ListedMessage } from '../../src/queue/ctl-wire.ts'
import { type Home, isRoot, makeHome } from '../helpers/home.ts'
import { putEnvelope, putMessage, queueFiles, SendRig } from '../helpers/send-rig.ts'
import { withClock } from '../helpers/set-clock.ts'
import { startProgram } from '../helpers/start-program.ts'
import { until, untilServed } from '../helpers/wait.ts'

const skip = isRoot ? false : 'mounting a small disk takes root'

const makeRigHome = (): Home => {
  const home = makeHome()
  home.control('locals', 'me.example\n')
  return home
}

const run = (command: string, ...args: string[]): void => {
  const r = spawnSync(command, args)
  assert.equal(r.status, 0, r.stderr.toString())
}

/** Puts the queue on a disk of its own, of 1 MB. */
const ownDisk = (home: Home): void => {
  renameSync(home.at('queue'), home.at('queue.old'))
  mkdirSync(home.at('queue'))
  run('mount', '-t', 'tmpfs', '-o', 'size=1m,mode=750', 'tmpfs', home.at('queue'))
  home.beforeRemoval(() => void spawnSync('umount', [home.at('queue')]))
  run('cp', '-a', `${home.at('queue.old')}/.`, home.at('queue'))
}

/** Makes what qmail-send writes to read-only, as a disk that fails does; what it gives back undoes that. */
const makeReadOnly = (home: Home): (() => void) => {
  const folders = ['info', 'local', 'remote', 'bounce'].map((folder) => home.at('queue', folder))
  const undo = (): void => {
    for (const folder of folders) spawnSync('umount', ['-l', folder])
  }
  home.beforeRemoval(undo)
  for (const folder of folders) {
    run('mount', '--bind', folder, folder)
    run('mount', '-o', 'remount,bind,ro', folder)
  }
  return undo
}

const fill = (home: Home): void => {
  spawnSync('dd', ['if=/dev/zero', `of=${home.at('queue/filler')}`, 'bs=4k'], { stdio: 'ignore' })
}

/** What it uses up while it has nothing to do is counted over a while: at most a small part of it. */
const idles = async (rig: SendRig): Promise<void> => {
  const before = rig.cpu()
  await delay(1500)
  const used = rig.cpu() - before
  assert.ok(used < 750, `${used} ms of processor time in 1500 ms of waiting`)
}

test('a full disk under the queue: what cannot be written is said, tried again, and not lost; no time is burnt', { skip }, async () => {
  const home = makeRigHome()
  ownDisk(home)
  const rig = new SendRig(home)
  await rig.logged(/^status: /m)
  const first = putMessage(home, ['a@far.example', 'b@far.example'])
  rig.pull()
  const [a, b] = [await rig.delivery(/^a@/), await rig.delivery(/^b@/)]
  const second = putMessage(home, ['c@far.example'])
  fill(home)
  rig.pull()
  await rig.logged(new RegExp(`warning: trouble writing to info/${second % 23}/${second}\n|warning: unable to create info/${second % 23}/${second}\n`))
  rig.report(a, 'Dno such user\n')
  await rig.logged(/alert: unable to append to bounce message; HELP! sleeping\.\.\.\n/)
  await idles(rig)
  const files = queueFiles(home)
  assert.ok(files[`todo/${second}`]?.endsWith('Tc@far.example\0'))
  assert.equal(files[`remote/${first}`], 'Ta@far.example\0Tb@far.example\0')
  rmSync(home.at('queue/filler'))
  rig.kill('SIGHUP') // somebody has made room
  rig.report(await rig.delivery(/^c@/), 'Kok\n')
  await rig.logged(new RegExp(`end msg ${second}\n`))
  rig.report(b, 'Zlater\n')
  await until('the failure to be noted', () => queueFiles(home)[`remote/${first}`] === 'Da@far.example\0Tb@far.example\0')
  assert.equal(queueFiles(home)[`bounce/${first}`], '<a@far.example>:\nno such user\n\n')
  assert.equal(await rig.stop(), 0)
})

test('a queue that has become read-only: the same', { skip }, async () => {
  const home = makeRigHome()
  const first = putMessage(home, ['a@far.example', 'b@far.example'])
  const rig = new SendRig(home)
  const [a, b] = [await rig.delivery(/^a@/), await rig.delivery(/^b@/)]
  const second = putMessage(home, ['c@far.example'])
  const undo = makeReadOnly(home)
  rig.report(a, 'Kok\n')
  await rig.logged(new RegExp(`warning: trouble marking remote/${first % 23}/${first}; message will be delivered twice!\n`))
  rig.kill('SIGHUP')
  await rig.logged(new RegExp(`warning: unable to create info/${second % 23}/${second}\n`))
  rig.report(b, 'Zlater\n')
  await rig.logged(/deferral/)
  await idles(rig)
  undo()
  rig.kill('SIGALRM')
  const again = [await rig.delivery(/^a@/), await rig.delivery(/^b@/), await rig.delivery(/^c@/)]
  for (const asked of again) rig.report(asked, 'Kok\n')
  await until('all to be gone', () => Object.keys(queueFiles(home)).length === 0)
  assert.equal(await rig.stop(), 0)
})

test('foreign and broken files are named or left alone; the others are delivered; no time is burnt', async () => {
  const home = makeRigHome()
  const at = (path: string): string => home.at('queue', path)
  for (const path of ['todo/stray', 'todo/007', 'info/3/stray', 'mess/4/stray', 'bounce/stray', 'intd/stray', 'hold/stray']) writeFileSync(at(path), 'x')
  mkdirSync(at('todo/46')) // a folder in the place of an envelope
  symlinkSync('/nowhere', at('todo/69'))
  putEnvelope(home, 92, ['lost@far.example']) // its message is not there
  const odd = putMessage(home, ['a@far.example'])
  writeFileSync(at(`todo/${odd}`), 'u1\0p2\0Fs@s.example\0Xwhat\0')
  const lay = (folder: string, id: number, text: string): void => writeFileSync(at(`${folder}/${id % 23}/${id}`), text)
  lay('info', 115, 'no sender') // preprocessed, but info is damaged
  lay('mess', 115, 'x')
  lay('remote', 115, 'Tb@far.example\0')
  lay('info', 138, 'Fs@s.example\0') // a record of another kind
  lay('mess', 138, 'x')
  lay('remote', 138, 'Xb@far.example\0')
  mkdirSync(at('info/0/161')) // a folder in the place of info
  lay('remote', 161, 'Tc@far.example\0')
  lay('mess', 161, 'x')
  const good = putMessage(home, ['good@far.example'])
  const rig = new SendRig(home)
  rig.report(await rig.delivery(/^good@/), 'Kok\n')
  await rig.logged(new RegExp(`end msg ${good}\n`))
  for (const words of [
    'warning: trouble reading todo/46',
    'warning: unable to stat mess/0/92',
    `warning: unknown record type in todo/${odd}`,
    'warning: trouble opening info/0/115; will try again later',
    'warning: unknown record type in remote/0/138!',
    'warning: trouble opening info/0/161; will try again later'
  ])
    await rig.logged(new RegExp(`^${words}\n`, 'm'))
  const lines = rig.log.length
  for (let n = 0; n < 5; n++) rig.pull() // no trigger has them looked at again
  await idles(rig)
  const next = putMessage(home, ['next@far.example'])
  rig.pull()
  rig.report(await rig.delivery(/^next@/), 'Kok\n')
  await rig.logged(new RegExp(`end msg ${next}\n`))
  assert.doesNotMatch(rig.log.slice(lines), /warning|alert/)
  assert.equal(rig.asked.length, 0)
  assert.equal(await rig.stop(), 0)
  for (const path of ['todo/stray', 'todo/007', 'info/3/stray', 'mess/4/stray', 'bounce/stray', 'intd/stray', 'hold/stray'])
    assert.equal(readFileSync(at(path), 'latin1'), 'x', path)
  assert.ok(statSync(at('todo/46')).isDirectory())
})

const DAY = 86_400

test('a clock that is set: it is said; set back, what waits does not wait longer; set forward, what is due is due', async () => {
  const home = makeRigHome()
  const setClock = withClock(home)
  const rig = new SendRig(home)
  await rig.logged(/^status: /m)
  await untilServed(home.at('run/ctl/socket'))
  const id = putMessage(home, ['a@far.example'])
  rig.pull()
  rig.report(await rig.delivery(/^a@/), 'Zlater\n')
  await rig.logged(/deferral/)
  const next = async (): Promise<number> => {
    const { stdout } = await startProgram(home, 'qmail-qctl', { args: ['list', '--json', String(id)] })
    return (JSON.parse(stdout) as ListedMessage).next.remote ?? 0
  }
  const due = await next()
  const [, back = ''] = await setClock(rig, -DAY, /^warning: the clock was set back by (\d+) seconds\n/m)
  assert.equal(await next(), due - Number(back))
  await idles(rig)
  await setClock(rig, DAY, /^warning: the clock went forward by \d+ seconds\n/m)
  rig.report(await rig.delivery(/^a@/), 'Kok\n')
  await rig.logged(new RegExp(`end msg ${id}\n`))
  assert.equal(await rig.stop(), 0)
})
