import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Home, makeHome } from '../helpers/home.ts'
import { putMessage, SendRig } from '../helpers/send-rig.ts'
import { attachStrace, withoutStrace } from '../helpers/strace.ts'
import { until } from '../helpers/suite.ts'
import { PATIENT } from '../helpers/wait.ts'

const OPTIONS = { ...PATIENT, skip: withoutStrace }
const SLOW = 2_000_000
const many = Array.from({ length: 25 }, (_, i) => `r${i}@me.example`)

const started = async (): Promise<{ home: Home; rig: SendRig; isThere: (folder: string, id: number) => boolean }> => {
  const home = makeHome()
  home.control('locals', 'me.example\n')
  const rig = new SendRig(home, { resident: true })
  await rig.logged(/status/)
  return { home, rig, isThere: (folder, id) => existsSync(home.at('queue', folder, folder === 'todo' ? `${id}` : `${id % 23}/${id}`)) }
}

test('no fsync stops qmail-send, in preprocessing or when a message leaves the express lane', OPTIONS, async () => {
  const { home, rig, isThere } = await started()
  const tracer = await attachStrace(home, rig.pid, ['-e', 'trace=fsync,fdatasync'])
  rig.onDelivery = ({ recipient }) => (recipient.startsWith('late') ? 'Zlater\n' : 'Kok\n')
  const preprocessed = putMessage(home, many)
  const deferred = putMessage(home, ['late@me.example'])
  rig.pull()
  await rig.logged(new RegExp(`end msg ${preprocessed}\n`))
  await until('the files of the deferred one', () => isThere('local', deferred) && !isThere('todo', deferred))
  const syncs = [...(await tracer.end()).matchAll(/^(\d+) +f(?:data)?sync\(/gm)].map(([, thread]) => Number(thread))
  assert.ok(syncs.length >= 8, `two files and two folders of each: ${syncs.length}`)
  assert.ok(!syncs.includes(rig.pid), 'none of them by the thread of the loop')
  assert.equal(await rig.stop(), 0)
})

test('while the files of one message are being synced, others are taken up and delivered', OPTIONS, async () => {
  const { home, rig } = await started()
  rig.onDelivery = () => 'Kok\n'
  const tracer = await attachStrace(home, rig.pid, ['-e', 'trace=fsync', '-e', `inject=fsync:delay_enter=${SLOW}`])
  const slow = putMessage(home, many)
  rig.pull()
  await rig.logged(new RegExp(`new msg ${slow}\n`))
  const quick = putMessage(home, ['one@me.example'])
  rig.pull()
  await rig.logged(new RegExp(`end msg ${quick}\n`))
  await rig.logged(new RegExp(`end msg ${slow}\n`))
  assert.ok(rig.log.indexOf(`end msg ${quick}\n`) < rig.log.indexOf(`starting delivery 2: msg ${slow} `), 'the quick one was first')
  await tracer.end()
  assert.equal(await rig.stop(), 0)
})

test('what is delivered while the files of a message are being written is done in them too', OPTIONS, async () => {
  const { home, rig, isThere } = await started()
  const tracer = await attachStrace(home, rig.pid, ['-e', 'trace=fsync', '-e', `inject=fsync:delay_enter=${SLOW}`])
  const id = putMessage(home, ['late@me.example', 'good@me.example', 'gone@far.example'])
  rig.pull()
  const [late, good, gone] = [await rig.delivery(/^late/), await rig.delivery(/^good/), await rig.delivery(/^gone/)]
  rig.report(late, 'Zlater\n')
  await rig.logged(/deferral: later/)
  rig.report(good, 'Kok\n')
  rig.report(gone, 'Kok\n')
  await until('the envelope to go', () => !isThere('todo', id))
  await tracer.end()
  assert.equal(readFileSync(home.at(`queue/local/${id % 23}/${id}`), 'latin1'), 'Tlate@me.example\0Dgood@me.example\0')
  await until('the file of the other channel to go', () => !isThere('remote', id))
  rig.kill('SIGALRM')
  rig.report(await rig.delivery(/^late/), 'Kok\n')
  await rig.logged(new RegExp(`end msg ${id}\n`))
  assert.equal(rig.log.match(/starting delivery/g)?.length, 4, 'nobody is delivered to twice')
  assert.equal(await rig.stop(), 0)
})

test('a sync that fails is said, and its message preprocessed again when somebody looks', OPTIONS, async () => {
  const { home, rig } = await started()
  rig.onDelivery = () => 'Kok\n'
  const tracer = await attachStrace(home, rig.pid, ['-e', 'trace=fsync', '-e', 'inject=fsync:error=EIO:when=1'])
  const id = putMessage(home, many)
  rig.pull()
  await rig.logged(new RegExp(`warning: trouble fsyncing (info|local)/${id % 23}/${id}\n`))
  await tracer.end()
  assert.doesNotMatch(rig.log, /starting delivery/, 'nothing is delivered of what is not on the disk')
  rig.kill('SIGALRM')
  await rig.logged(new RegExp(`end msg ${id}\n`))
  assert.equal(rig.log.match(/starting delivery/g)?.length, many.length)
  assert.equal(await rig.stop(), 0)
})
