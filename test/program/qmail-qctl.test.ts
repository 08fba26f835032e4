import assert from 'node:assert/strict'
import { appendFileSync, existsSync, readdirSync, readFileSync, rmdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { suiteGroup } from '../../src/os/ids.ts'
import type { ListedMessage } from '../../src/queue/ctl-wire.ts'
import { type Home, isRoot, makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { NO_INODE, putMessage, putWaiting, queueFiles, type RigOptions, SendRig, scratchFolder } from '../helpers/send-rig.ts'
import { startProgram } from '../helpers/start-program.ts'
import { PATIENCE_SECONDS, until, untilServed } from '../helpers/wait.ts'

const makeRigHome = (): Home => {
  const home = makeHome()
  home.control('locals', 'me.example\n')
  return home
}

/** qmail-send at work, its door open. */
const started = async (home: Home, options?: RigOptions): Promise<SendRig> => {
  const rig = new SendRig(home, options)
  await rig.logged(/^status: /m)
  await untilServed(home.at('run/ctl/socket'))
  return rig
}

const qctl = (home: Home, ...args: string[]) => startProgram(home, 'qmail-qctl', { args })

const listed = async (home: Home, ...args: string[]): Promise<ListedMessage[]> => {
  const { exit, stdout, stderr } = await qctl(home, 'list', '--json', ...args)
  assert.deepEqual([exit, stderr], [0, ''])
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ListedMessage)
}
const idsOf = async (home: Home, ...args: string[]): Promise<number[]> => (await listed(home, ...args)).map(({ id }) => id).sort((a, b) => a - b)

/** A message to this recipient that was put off, with these words. */
const deferred = async (home: Home, rig: SendRig, address: string, { sender = 's@s.example', words = 'Connected but greeting failed (#4.3.2)\n' } = {}) => {
  const id = putMessage(home, [address], { sender })
  rig.pull()
  const asked = await rig.delivery(new RegExp(`^${address.replaceAll('.', '\\.')}$`))
  assert.equal(asked.id, id)
  rig.report(asked, `Z${words}`)
  await rig.logged(new RegExp(`msg ${id} to[^]*deferral`))
  return id
}

test('a message held while it waits for a share goes on when it is released, and not at its retry', async () => {
  const home = makeRigHome()
  const ids = Array.from({ length: 8 }, () => putMessage(home, ['a@me.example']))
  const rig = await started(home)
  await until('all to be taken up', () => rig.log.split('new msg').length === 9)
  const hanging = await until('the share of one user', () => rig.asked.length === 7 && rig.asked.splice(0))
  const mine = ids.find((id) => hanging.every((asked) => asked.id !== id)) ?? 0
  assert.equal((await qctl(home, 'hold', `${mine}`)).exit, 0)
  for (const asked of hanging) rig.report(asked, 'Kok\n')
  await until('the others to leave', () => rig.log.split('end msg').length === 8)
  assert.deepEqual(rig.asked, [])
  assert.equal((await qctl(home, 'release', `${mine}`)).exit, 0)
  assert.equal((await rig.delivery(/^a@/)).id, mine)
  rig.kill('SIGKILL')
})

test('list tells the last answer, the tries, the next try, and why a message waits', async () => {
  const home = makeRigHome()
  const rig = await started(home)
  const id = await deferred(home, rig, 'joe@far.example')
  const [message] = await listed(home)
  assert.equal(message?.id, id)
  const [recipient] = message?.recipients ?? []
  assert.deepEqual(
    [message?.state, message?.sender, recipient?.address, recipient?.tries, recipient?.answer],
    ['waiting', 's@s.example', 'joe@far.example', 1, 'Connected but greeting failed (#4.3.2)']
  )
  assert.ok((message?.next.remote ?? 0) >= (message?.entered ?? 0) + 400)
  const text = await qctl(home, 'list')
  assert.match(
    text.stdout,
    new RegExp(
      `^#${id}  .* GMT  \\d+  <s@s\\.example>  waiting: it waits for its next try\n    remote  joe@far\\.example  tries: 1  next: .* GMT\n        .* GMT: Connected but greeting failed \\(#4\\.3\\.2\\)\n$`
    )
  )
  assert.equal(await rig.stop(), 0)
  assert.ok(!existsSync(home.at('run/ctl/socket')))
})

test('the last answers are kept over a stop and a kill, and listed while qmail-send is stopped; what is damaged, or about another message, does no harm', async () => {
  const home = makeRigHome()
  const first = await started(home)
  const id = await deferred(home, first, 'jo\xeb@far.example', { words: 'na\xefve (#4.3.2)\n' })
  const other = await deferred(home, first, 'ann@far.example', { words: 'first\n' })
  const tell = async (): Promise<unknown[]> =>
    (await listed(home))
      .map((one) => [one.id, one.recipients[0]?.tries, one.recipients[0]?.answer])
      .sort((a, b) => Number(a[0] === other) - Number(b[0] === other))
  const told = [
    [id, 1, 'na\xefve (#4.3.2)'],
    [other, 1, 'first']
  ]
  assert.deepEqual(await tell(), told)
  assert.equal(await first.stop(), 0)
  assert.match((await qctl(home, 'list')).stdout, /tries: 1.*\n.* GMT: na_ve \(#4\.3\.2\)\n/)

  const second = await started(home)
  assert.deepEqual(await tell(), told)
  second.kill('SIGALRM')
  second.report(await second.delivery(/^ann@/), 'Zsecond\n')
  await second.logged(/deferral: second/)
  second.kill('SIGKILL')
  await second.ended
  appendFileSync(home.at('queue/answers/now'), '[1,2,"remote","x@x",1,1,"whole"]\n{"odd":1}\n[1]\nrubbish\n[1,"2","remote","x",1,1,"x"]\n[torn')

  const third = await started(home)
  assert.deepEqual(await tell(), [told[0], [other, 2, 'second']])
  third.kill('SIGALRM')
  third.report(await third.delivery(/^ann@/), 'Zthird\n')
  await third.logged(/deferral: third/)
  third.kill('SIGKILL')
  await third.ended

  // its number is another message's now
  const info = home.at(`queue/info/${id % 23}/${id}`)
  utimesSync(info, Date.now() / 1000 - 1000, Date.now() / 1000 - 1000)
  const fourth = await started(home, { resident: true })
  assert.deepEqual(await tell(), [
    [id, 0, undefined],
    [other, 3, 'third']
  ])
  for (let n = 0; n < 2; n++) {
    fourth.kill('SIGALRM')
    for (const who of [/^jo/, /^ann@/]) fourth.report(await fourth.delivery(who), n === 0 ? 'Zagain\n' : 'Kok\n')
    await fourth.logged(n === 0 ? /(deferral: again[\s\S]*){2}/ : /(end msg[\s\S]*){2}/)
  }
  assert.equal(await fourth.stop(), 0)
  assert.deepEqual([readdirSync(home.at('queue/answers')), readFileSync(home.at('queue/answers/now'), 'latin1')], [['now'], ''])
})

test('without a folder for them, or with one that fails, no answers are kept, and mail goes on', async () => {
  const home = makeRigHome()
  rmdirSync(home.at('queue/answers'))
  const without = await started(home)
  const id = await deferred(home, without, 'joe@far.example')
  assert.equal(await without.stop(), 0)
  assert.doesNotMatch(without.log, /warning/)
  symlinkSync(home.at('queue/answers'), home.at('queue/answers'))
  const failing = await started(home)
  failing.kill('SIGALRM')
  failing.report(await failing.delivery(/^joe@/), 'Zlater\n')
  await failing.logged(/deferral: later/)
  failing.kill('SIGALRM')
  failing.report(await failing.delivery(/^joe@/), 'Kok\n')
  await failing.logged(new RegExp(`end msg ${id}`))
  assert.equal(await failing.stop(), 0)
  assert.deepEqual(failing.log.match(/^warning: .*$/gm), [
    'warning: unable to read the last answers; they are forgotten',
    'warning: unable to write the last answers; they may be forgotten at the next start'
  ])
})

test('a domain is looked for without reading other messages’ files, after a start too', async () => {
  const home = makeRigHome()
  const [birth, due] = [Date.now() / 1000 - 100, Date.now() / 1000 + 3600]
  const put = (n: number, remote: string[]): void => {
    const id = NO_INODE + n
    writeFileSync(home.at(`queue/mess/${id % 23}/${id}`), 'x\n')
    putWaiting(home, remote, { id, birth, due })
  }
  for (let n = 0; n < 200; n++) put(n, [`u@there.example`])
  put(200, ['u@here.example'])
  put(201, ['u@else.example', 'v@HERE.example'])
  const rig = await started(home)
  const fresh = await deferred(home, rig, 'u@there.example')
  let calm = 0
  await until('qmail-send to have nothing to do', () => {
    calm = rig.sleeps() ? calm + 1 : 0
    return calm === 50
  })
  // who read these now would find it in all of them
  for (const id of [fresh, ...Array.from({ length: 200 }, (_, n) => NO_INODE + n)]) {
    const file = home.at(`queue/remote/${id % 23}/${id}`)
    assert.equal(readFileSync(file, 'latin1'), 'Tu@there.example\0')
    writeFileSync(file, 'Tu@here.example\0')
  }
  const retried = await qctl(home, 'retry', '--domain', 'here.example')
  assert.equal(retried.stderr, 'qmail-qctl: 2 messages meant, 2 changed\n')
  for (const who of [/^u@here/, /^u@else/, /^v@HERE/]) rig.report(await rig.delivery(who), 'Kok\n')
  await rig.logged(/(end msg[\s\S]*){2}/)
  assert.deepEqual(rig.asked, [])
  assert.equal(await rig.stop(), 0)
})

test('hold keeps a message from being delivered, over restarts, until it is released', async () => {
  const home = makeRigHome()
  const rig = await started(home)
  const id = await deferred(home, rig, 'joe@far.example')
  assert.deepEqual(await qctl(home, 'hold', String(id)), {
    exit: 0,
    stdout: `#${id}  <s@s.example>  held\n`,
    stderr: 'qmail-qctl: 1 messages meant, 1 changed\n'
  })
  assert.match(runProgram(home, 'qmail-qread').stdout, new RegExp(`#${id} .* held\n`))
  assert.equal((await qctl(home, 'hold', String(id))).stderr, `qmail-qctl: warning: #${id}: it is held already\nqmail-qctl: 1 messages meant, 0 changed\n`)
  rig.kill('SIGALRM')
  const other = await deferred(home, rig, 'ann@far.example') // the alarm has been dealt with by then
  assert.equal(rig.asked.length, 0)
  assert.deepEqual(await idsOf(home, '--state', 'held'), [id])
  assert.equal(await rig.stop(), 0)

  for (const held of [id, other]) utimesSync(home.at(`queue/remote/${held % 23}/${held}`), 1, 1) // both are due
  const again = await started(home)
  await again.delivery(/^ann@/)
  const third = await deferred(home, again, 'bob@far.example')
  assert.equal(again.asked.length, 0)
  assert.deepEqual(await qctl(home, 'release', '--state', 'waiting'), { exit: 0, stdout: '', stderr: 'qmail-qctl: 1 messages meant, 0 changed\n' })
  assert.equal((await qctl(home, 'release', `#${id}`)).stdout, `#${id}  <s@s.example>  released\n`)
  again.report(await again.delivery(/^joe@/), 'Kdone\n')
  await again.logged(new RegExp(`end msg ${id}\n`))
  assert.deepEqual(
    await idsOf(home),
    [other, third].sort((a, b) => a - b)
  )
  assert.deepEqual(readdirSync(home.at('queue/hold')), [])
  again.kill('SIGKILL')
})

test('a pass that is under way ends when its message is held; the rest goes on after its release', async () => {
  const home = makeRigHome()
  home.control('concurrencyremote', '1\n')
  const rig = await started(home)
  const id = putMessage(home, ['a@far.example', 'b@far.example'])
  rig.pull()
  const a = await rig.delivery(/^a@/)
  assert.equal((await qctl(home, 'hold', String(id))).exit, 0)
  rig.report(a, 'Kdone\n')
  const other = putMessage(home, ['c@far.example'])
  rig.pull()
  assert.equal((await rig.delivery(/far/)).id, other)
  const [message] = await listed(home, String(id))
  assert.deepEqual(
    [message?.state, message?.recipients.map(({ address, isDone }) => [address, isDone])],
    [
      'held',
      [
        ['a@far.example', true],
        ['b@far.example', false]
      ]
    ]
  )
  rig.kill('SIGKILL')
})

test('retry and flush make messages due now, and only those that are meant', async () => {
  const home = makeRigHome()
  const rig = await started(home)
  const joe = await deferred(home, rig, 'joe@far.example')
  const ann = await deferred(home, rig, 'ann@near.example')
  assert.equal((await qctl(home, 'retry', String(ann))).stdout, `#${ann}  <s@s.example>  due now\n`)
  rig.report(await rig.delivery(/./), 'Zagain\n')
  await rig.logged(/delivery 3: deferral/)
  assert.equal((await qctl(home, 'flush', 'FAR.example')).exit, 0)
  assert.equal((await rig.delivery(/./)).id, joe)
  assert.equal((await qctl(home, 'list', String(joe))).stdout.match(/delivering: deliveries running: 1/)?.length, 1)
  assert.equal((await listed(home, String(ann)))[0]?.recipients[0]?.tries, 2)
  assert.equal(rig.asked.length, 0)
  rig.kill('SIGKILL')
})

test('delete takes messages out of the queue without a bounce; running deliveries come to their end', async () => {
  const home = makeRigHome()
  const rig = await started(home)
  const waiting = await deferred(home, rig, 'joe@far.example')
  const running = putMessage(home, ['a@far.example', 'b@far.example'])
  rig.pull()
  const [a, b] = [await rig.delivery(/^a@/), await rig.delivery(/^b@/)]
  rig.report(b, 'Dno such user\n')
  await rig.logged(/failure/)
  assert.match(
    (await qctl(home, 'delete', '--sender', 's@S.example')).stdout,
    new RegExp(`#${running}  <s@s\\.example>  to be deleted when its running deliveries have ended\n`)
  )
  await rig.logged(new RegExp(`qctl: delete msg ${waiting}\n[^]*end msg ${waiting}\n`))
  rig.report(a, 'Zlater\n')
  await rig.logged(new RegExp(`qctl: delete msg ${running}\n[^]*end msg ${running}\n`))
  await until('no file to be left', () => Object.keys(queueFiles(home)).length === 0)
  assert.equal(rig.asked.length, 0)
  // the numbers are free: a new message with one of them is nobody's but its own
  const next = await deferred(home, rig, 'next@far.example')
  assert.deepEqual(await idsOf(home), [next])
  assert.equal(await rig.stop(), 0)
})

test('bounce gives recipients up, with their last answer', async () => {
  const home = makeRigHome()
  const saved = `${scratchFolder()}/bounce`
  writeFileSync(home.at('bin/save'), `#!/bin/sh\ncat > ${saved}; cat <&1 > ${saved}.envelope\n`, { mode: 0o755 })
  const rig = await started(home, { env: { QMAILQUEUE: home.at('bin/save') } })
  const id = await deferred(home, rig, 'joe@far.example', { words: 'far.example says no, for now\n' })
  assert.equal((await qctl(home, 'bounce', '--recipient', 'joe@*')).stdout, `#${id}  <s@s.example>  bounced\n`)
  await rig.logged(new RegExp(`bounce msg ${id} qp \\d+\n[^]*end msg ${id}\n`))
  assert.match(readFileSync(saved, 'latin1'), /<joe@far\.example>:\nfar\.example says no, for now\nThe administrator of this system has decided/)
  assert.equal(readFileSync(`${saved}.envelope`, 'latin1'), 'F\0Ts@s.example\0\0')
  assert.equal(await rig.stop(), 0)
})

test('messages are selected by number, sender, recipient, domain, age and state; a dry run does nothing', async () => {
  const home = makeRigHome()
  const rig = await started(home)
  const a = await deferred(home, rig, 'joe@far.example')
  const b = await deferred(home, rig, 'joe@near.example', { sender: '' })
  const old = Math.floor(Date.now() / 1000) - 100_000
  utimesSync(home.at(`queue/info/${b % 23}/${b}`), old, old)
  // until it has left the express lane, qmail-send goes by what it knows itself
  for (const end = Date.now() + PATIENCE_SECONDS * 1000; !(await listed(home)).some(({ id, entered }) => id === b && entered === old); )
    assert.ok(Date.now() < end, 'it is listed with its age')
  const cases: [string[], number[]][] = [
    [[String(b)], [b]],
    [['--sender', 'S@*'], [a]],
    [['--sender', '<>'], [b]],
    [
      ['--recipient', 'joe@*'],
      [a, b]
    ],
    [['--domain', '*.example', '--recipient', '*@far*'], [a]],
    [['--domain', 'near.example'], [b]],
    [['--older', '1d'], [b]],
    [['--younger', '25h'], [a]],
    [
      ['--state', 'waiting'],
      [a, b]
    ],
    [['--state', 'held'], []],
    [['--domain', 'nowhere.example'], []]
  ]
  for (const [args, expected] of cases)
    assert.deepEqual(
      await idsOf(home, ...args),
      expected.sort((x, y) => x - y),
      args.join(' ')
    )
  const dry = await qctl(home, 'delete', '--all', '--dry-run')
  assert.deepEqual([dry.exit, dry.stderr], [0, 'qmail-qctl: 2 messages meant, nothing done\n'])
  assert.equal(dry.stdout.match(/would be deleted\n/g)?.length, 2)
  assert.deepEqual(
    await idsOf(home),
    [a, b].sort((x, y) => x - y)
  )
  assert.deepEqual(await qctl(home, 'delete', '1'), {
    exit: 111,
    stdout: '',
    stderr: 'qmail-qctl: warning: #1: there is no such message\nqmail-qctl: 0 messages meant, 0 changed\n'
  })
  for (const args of [
    [],
    ['delete'],
    ['explode', '--all'],
    ['list', '--state', 'x'],
    ['list', 'x'],
    ['list', '--older', '1y'],
    ['flush'],
    ['list', '--colour']
  ])
    assert.equal((await qctl(home, ...args)).exit, 100, args.join(' '))
  rig.kill('SIGKILL')
})

test('show prints the header', async () => {
  const home = makeRigHome()
  const rig = await started(home)
  const id = putMessage(home, ['joe@far.example'], { body: 'Received: x\nSubject: \x1b[2Jhi\n\nbody\n' })
  rig.pull()
  await rig.delivery(/joe/)
  assert.equal((await qctl(home, 'show', String(id))).stdout, `#${id}\nReceived: x\nSubject: _[2Jhi\n\n`)
  rig.kill('SIGKILL')
})

test('a message of the express lane gets its files first', async () => {
  const home = makeRigHome()
  const rig = await started(home, { resident: true })
  const id = putMessage(home, ['joe@far.example'])
  rig.pull()
  const asked = await rig.delivery(/joe/)
  assert.deepEqual(
    (await listed(home)).map((m) => [m.id, m.state]),
    [[id, 'delivering']]
  )
  assert.equal((await qctl(home, 'hold', String(id))).stdout, `#${id}  <s@s.example>  held\n`)
  assert.ok(existsSync(home.at(`queue/remote/${id % 23}/${id}`)))
  rig.report(asked, 'Zlater\n')
  await rig.logged(/deferral/)
  assert.deepEqual(
    (await listed(home)).map((m) => [m.id, m.state, m.recipients[0]?.answer]),
    [[id, 'held', 'later']]
  )
  assert.equal((await qctl(home, 'delete', String(id))).stdout, `#${id}  <s@s.example>  deleted\n`)
  await until('no file to be left', () => Object.keys(queueFiles(home)).length === 0)
  assert.equal(await rig.stop(), 0)
})

test('with qmail-send stopped list reads the files, and all else is refused in clear words', async () => {
  const home = makeRigHome()
  const rig = await started(home)
  const id = await deferred(home, rig, 'joe@far.example')
  const [message] = await listed(home)
  assert.equal(await rig.stop(), 0)
  const text = runProgram(home, 'qmail-qctl', { args: ['list'] })
  assert.equal(text.stderr, 'qmail-qctl: qmail-send is not running; this is what the files of the queue say\n')
  assert.match(
    text.stdout,
    new RegExp(
      `^#${id} .* waiting: qmail-send is not running\n    remote  joe@far\\.example  tries: 1  next: .* GMT\n        .* GMT: Connected but greeting failed`
    )
  )
  const offline = JSON.parse(runProgram(home, 'qmail-qctl', { args: ['list', '--json'] }).stdout) as ListedMessage
  assert.deepEqual(offline.next, message?.next)
  const refused = runProgram(home, 'qmail-qctl', { args: ['hold', '--all'] })
  assert.deepEqual([refused.exit, refused.stdout], [111, ''])
  assert.match(refused.stderr, /^qmail-qctl: fatal: qmail-send is not running: /)
})

test('only root may ask: group qmail, which qmail-remote is in, may not', { skip: isRoot ? false : 'becoming other users takes root' }, async () => {
  const home = makeRigHome()
  const rig = await started(home)
  for (const gid of [suiteGroup(home.path, 'qmail'), 64_300]) {
    const other = await startProgram(home, 'qmail-qctl', { args: ['list'], uid: 64_300, gid })
    assert.deepEqual([other.exit, other.stderr], [100, 'qmail-qctl: fatal: only root may ask qmail-send\n'])
  }
  rig.kill('SIGKILL')
})
