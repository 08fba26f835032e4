/** Lines of the log for trouble that other tests do not meet (spec queue.md 6): each once, and what becomes of the message. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Home, makeHome } from '../helpers/home.ts'
import { keepNotices } from '../helpers/kept-notices.ts'
import { putMessage, queueFiles, SendRig } from '../helpers/send-rig.ts'
import { withClock } from '../helpers/set-clock.ts'
import { attachStrace, withoutStrace } from '../helpers/strace.ts'

const makeRigHome = (): Home => {
  const home = makeHome()
  home.control('locals', 'me.example\n')
  return home
}
const pathOf = (home: Home, folder: string, id: number): string => home.at(`queue/${folder}/${id % 23}/${id}`)

/** Lays something else in the place of a file or folder, until the result is called. */
const replaced = (path: string, lay: () => void): (() => void) => {
  renameSync(path, `${path}.away`)
  lay()
  return () => {
    rmSync(path, { recursive: true, force: true })
    renameSync(`${path}.away`, path)
  }
}

test('alert: cannot start', async () => {
  const home = makeRigHome()
  for (const [path, lay, words] of [
    ['queue', () => {}, 'unable to switch to queue directory'],
    ['queue/lock', () => writeFileSync(home.at('queue/lock'), ''), 'unable to open mutex'],
    ['control/concurrencyremote', () => mkdirSync(home.at('control/concurrencyremote')), 'unable to read controls']
  ] as const) {
    if (path.startsWith('control/')) home.control('concurrencyremote', '5\n')
    const mend = replaced(home.at(path), lay)
    const rig = new SendRig(home)
    assert.equal(await rig.ended, 111)
    await rig.logged(new RegExp(`^alert: cannot start: ${words}`))
    mend()
  }
  const rig = new SendRig(home)
  await rig.logged(/^status: local 0\/10 remote 0\/5\n/)
  assert.equal(await rig.stop(), 0)
})

test('alert: cannot start, where its home cannot be entered; in the second gear with the reason', { skip: withoutStrace }, async () => {
  const home = makeRigHome()
  const program = home.at('bin/qmail-send')
  const strace = '/usr/bin/env strace -o /dev/null -e trace=chdir -e inject=chdir:error=EACCES:when=1'
  const mend = replaced(program, () => writeFileSync(program, `#!/bin/sh\nexec ${strace} ${program}.away\n`, { mode: 0o755 }))
  for (const resident of [false, true]) {
    const rig = new SendRig(home, { resident })
    assert.equal(await rig.ended, 111)
    await rig.logged(/cannot start.*\n$/)
    const why = resident ? `alert: ${home.path}: access denied\n` : ''
    assert.equal(rig.log, `${why}alert: cannot start: unable to switch to home directory\n`)
  }
  mend()
  const rig = new SendRig(home)
  await rig.logged(/^status: /)
  assert.equal(await rig.stop(), 0)
})

test('warning: unable to unlink: the message stays until it can be', async () => {
  const home = makeRigHome()
  const id = putMessage(home, ['a@far.example'])
  const rig = new SendRig(home)
  const asked = await rig.delivery(/^a@/)
  const info = pathOf(home, 'info', id)
  const mend = replaced(info, () => mkdirSync(info))
  rig.report(asked, 'Kok\n')
  await rig.logged(new RegExp(`^end msg ${id}\nwarning: unable to unlink info/${id % 23}/${id}; will try again later$`, 'm'))
  assert.ok(existsSync(pathOf(home, 'mess', id)))
  mend()
  assert.equal(await rig.stop(), 0)
  const again = new SendRig(home)
  await again.logged(new RegExp(`^end msg ${id}\n`, 'm'))
  assert.equal(await again.stop(), 0)
  assert.deepEqual([existsSync(info), existsSync(pathOf(home, 'mess', id))], [false, false])
})

test('warning: unable to utime, at the end: the message will be retried too soon', async () => {
  const home = makeRigHome()
  const id = putMessage(home, ['a@far.example'])
  const rig = new SendRig(home)
  rig.report(await rig.delivery(/^a@/), 'Zlater\n')
  await rig.logged(/deferral: later/)
  const mend = replaced(home.at(`queue/remote/${id % 23}`), () => {})
  assert.equal(await rig.stop(), 0)
  assert.match(rig.log, new RegExp(`\nwarning: unable to utime remote/${id % 23}/${id}; message will be retried too soon\nstatus: exiting\n$`))
  mend()
  const again = new SendRig(home)
  await again.delivery(/^a@/)
  again.kill('SIGKILL')
})

test('warning: trouble injecting bounce message, where the queue program cannot be run: the bounce is sent at the next try', async () => {
  const home = makeRigHome()
  const id = putMessage(home, ['a@far.example'])
  const program = home.at('queue-program')
  mkdirSync(program)
  const rig = new SendRig(home, { env: { QMAILQUEUE: program } })
  rig.report(await rig.delivery(/^a@/), 'Dno\n')
  await rig.logged(/^warning: trouble injecting bounce message, will try later$/m)
  assert.equal(await rig.stop(), 0)
  assert.ok(existsSync(home.at('queue/bounce', String(id))))
  rmdirSync(program)
  writeFileSync(program, '#!/bin/sh\ncat > /dev/null && cat <&1 > /dev/null\n', { mode: 0o755 })
  const again = new SendRig(home, { env: { QMAILQUEUE: program } })
  await again.logged(new RegExp(`^bounce msg ${id} qp \\d+\nend msg ${id}$`, 'm'))
  assert.equal(await again.stop(), 0)
})

for (const [what, injected] of [
  ['where there is no memory for a process', 'error=ENOMEM'],
  ['where its user may have no more processes', 'error=EAGAIN'],
  ['where there was but one more process, for its pipes', 'error=EAGAIN:when=2+']
] as const)
  test(`warning: unable to start qmail-queue, ${what}: the bounce is sent 123 seconds later`, { skip: withoutStrace }, async () => {
    const home = makeRigHome()
    const setClock = withClock(home)
    const { program, kept } = keepNotices(home)
    const id = putMessage(home, ['a@far.example'])
    const rig = new SendRig(home, { env: { QMAILQUEUE: program } })
    const asked = await rig.delivery(/^a@/)
    // a fork is one of these; threads come by clone3, and Node aborts without them
    const tracer = await attachStrace(home, rig.pid, ['-e', 'trace=clone,fork,vfork', '-e', `inject=clone,fork,vfork:${injected}`])
    rig.report(asked, 'Dno\n')
    await rig.logged(/^warning: unable to start qmail-queue, will try later$/m)
    await tracer.end()
    assert.deepEqual(kept(), [])
    assert.match(queueFiles(home)[`bounce/${id}`] ?? '', /^<a@far\.example>:\nno\n/)
    await setClock(rig, 123, new RegExp(`^bounce msg ${id} qp \\d+\nend msg ${id}$`, 'm'))
    assert.equal(await rig.stop(), 0)
    assert.deepEqual(
      kept().map(({ envelope }) => envelope),
      ['F\0Ts@s.example\0\0']
    )
    assert.deepEqual(queueFiles(home), {})
  })

test('alert: unable to reread control/locals, and control/virtualdomains', async () => {
  const home = makeRigHome()
  home.control('virtualdomains', 'v.example:joe\n')
  const rig = new SendRig(home)
  await rig.logged(/^status/)
  for (const name of ['locals', 'virtualdomains']) {
    const path = home.at('control', name)
    const mend = replaced(path, () => mkdirSync(path))
    rig.kill('SIGHUP')
    await rig.logged(new RegExp(`^alert: unable to reread control/${name}$`, 'm'))
    mend()
  }
  putMessage(home, ['a@v.example'])
  rig.pull()
  await rig.delivery(/^joe-a@v\.example$/)
  rig.kill('SIGKILL')
})
