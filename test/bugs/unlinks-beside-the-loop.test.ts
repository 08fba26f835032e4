import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Home, makeHome } from '../helpers/home.ts'
import { putMessage, SendRig } from '../helpers/send-rig.ts'
import { attachStrace, withoutStrace } from '../helpers/strace.ts'
import { until } from '../helpers/suite.ts'
import { PATIENT } from '../helpers/wait.ts'

const OPTIONS = { ...PATIENT, skip: withoutStrace }
const TRACED = ['-e', 'trace=unlink,unlinkat']
const SLOW = ['-e', 'inject=unlink,unlinkat:delay_enter=2000000']

/** qmail-send with one message in the ordinary queue, put off once, and its delivery under way again. */
const withOneUnderWay = async (): Promise<{ home: Home; rig: SendRig; id: number; path: string; succeed: () => void }> => {
  const home = makeHome()
  home.control('locals', 'me.example\n')
  const rig = new SendRig(home, { resident: true })
  await rig.logged(/status/)
  const id = putMessage(home, ['late@me.example'])
  const path = home.at(`queue/local/${id % 23}/${id}`)
  rig.pull()
  rig.report(await rig.delivery(/^late/), 'Zlater\n')
  await until('its files, and its envelope to go', () => existsSync(path) && !existsSync(home.at(`queue/todo/${id}`)))
  rig.kill('SIGALRM')
  const delivery = await rig.delivery(/^late/)
  return { home, rig, id, path, succeed: () => rig.report(delivery, 'Kok\n') }
}

test('while the files of a message that is delivered go, others are taken up and delivered', OPTIONS, async () => {
  const { home, rig, id, succeed } = await withOneUnderWay()
  rig.onDelivery = () => 'Kok\n'
  const tracer = await attachStrace(home, rig.pid, [...TRACED, ...SLOW])
  succeed()
  await until('the first file to be on its way out', () => tracer.text().includes('unlink'))
  const quick = putMessage(home, ['one@me.example'])
  rig.pull()
  await rig.logged(new RegExp(`end msg ${id}\n`))
  assert.match(rig.log, new RegExp(`end msg ${quick}\n[\\s\\S]*end msg ${id}\n`), 'the quick one did not wait')
  await until('its last files to go', () => rig.cleaned.includes(`foop/${id}`))
  const byLoop = [...(await tracer.end()).matchAll(/^(\d+) +unlink/gm)].filter(([, thread]) => Number(thread) === rig.pid)
  assert.deepEqual(byLoop, [], 'none of them goes by the thread of the loop')
  assert.equal(await rig.stop(), 0)
})

test('qmail-send does not leave before they have gone, and removes each message once', OPTIONS, async () => {
  const { home, rig, id, path, succeed } = await withOneUnderWay()
  const tracer = await attachStrace(home, rig.pid, [...TRACED, ...SLOW])
  succeed()
  await until('the first file to be on its way out', () => tracer.text().includes('unlink'))
  rig.kill('SIGALRM')
  rig.kill('SIGTERM')
  assert.equal(await rig.ended, 0)
  assert.ok(!existsSync(path), 'else it would be delivered again')
  assert.equal(rig.log.match(new RegExp(`end msg ${id}\n`, 'g'))?.length, 1)
  assert.equal(rig.cleaned.filter((command) => command === `foop/${id}`).length, 1)
  await tracer.kill()
})

test('the last recipient is marked when its file cannot go', OPTIONS, async () => {
  const { home, rig, id, path, succeed } = await withOneUnderWay()
  const tracer = await attachStrace(home, rig.pid, [...TRACED, '-e', 'inject=unlink,unlinkat:error=EIO:when=1'])
  succeed()
  await rig.logged(new RegExp(`warning: unable to unlink local/${id % 23}/${id}; will try again later\n`))
  await tracer.end()
  assert.equal(readFileSync(path, 'latin1'), 'Dlate@me.example\0')
  rig.kill('SIGALRM')
  await rig.logged(new RegExp(`end msg ${id}\n`))
  assert.equal(rig.log.match(/starting delivery/g)?.length, 2, 'nobody is delivered to again')
  assert.equal(await rig.stop(), 0)
})

test('a recipient whose channel is over is marked while its file goes, as long as the other channel has one', OPTIONS, async () => {
  const home = makeHome()
  home.control('locals', 'me.example\n')
  const rig = new SendRig(home, { resident: true })
  await rig.logged(/status/)
  const id = putMessage(home, ['late@me.example', 'gone@far.example'])
  const path = home.at(`queue/remote/${id % 23}/${id}`)
  rig.pull()
  for (const who of [/^late/, /^gone/]) rig.report(await rig.delivery(who), 'Zlater\n')
  await until('both files, and its envelope to go', () => existsSync(path) && !existsSync(home.at(`queue/todo/${id}`)))
  await rig.logged(/(deferral[\s\S]*){2}/)
  rig.kill('SIGALRM')
  const [late, gone] = [await rig.delivery(/^late/), await rig.delivery(/^gone/)]
  const tracer = await attachStrace(home, rig.pid, [...TRACED, ...SLOW])
  rig.report(gone, 'Kok\n')
  await until('its file to be on its way out', () => tracer.text().includes('unlink'))
  assert.equal(readFileSync(path, 'latin1'), 'Dgone@far.example\0', 'whoever reads both finds it done')
  rig.report(late, 'Kok\n')
  await rig.logged(new RegExp(`end msg ${id}\n`))
  await tracer.end()
  assert.equal(await rig.stop(), 0)
})
