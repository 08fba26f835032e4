import assert from 'node:assert/strict'
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { type Sink, smtpSink } from '../helpers/smtp.ts'
import { type Daemon, startSuite, until } from '../helpers/suite.ts'

// Recipients of one message at one host, through the whole suite.

/** The server: some recipients it does not want, some not now, and of some it takes two at a time. */
let taken = 0
const sink: Sink = await smtpSink((command) => {
  if (command.startsWith('MAIL')) taken = 0
  const who = /^RCPT TO:<([^@]*)@/.exec(command)?.[1]
  if (who?.startsWith('bad')) return '550 5.1.1 no such user'
  if (who?.startsWith('later')) return '450 4.2.0 not now'
  return who?.startsWith('few') && ++taken > 2 ? '452 4.5.3 too many recipients' : undefined
})

const makeSender = (): ReturnType<typeof makeHome> => {
  const home = makeHome()
  home.control('locals', 'local.example\n')
  home.control('smtproutes', `:127.0.0.1:${sink.port}\n`)
  home.control('concurrencyremote', '1\n') // one at a time: the sink counts one transaction's recipients
  return home
}

/** Sends a message, and waits until each recipient has been reported on. */
const send = async (home: ReturnType<typeof makeHome>, suite: Daemon, recipients: string[]): Promise<string> => {
  const from = suite.log().length
  assert.equal(runProgram(home, 'qmail-inject', { args: ['-f', '', ...recipients], input: 'Subject: x\n\nhi\n' }).exit, 0)
  const log = (): string => suite.log().slice(from)
  const ends = (): RegExpMatchArray[] => [...log().matchAll(/^delivery \d+: (success|failure): /gm)]
  await until(
    () => `all to end:\n${log()}`,
    () => ends().length + (recipients.some((one) => one.startsWith('later')) ? 1 : 0) === recipients.length && /remote 0\/\d+\n(end msg \d+\n)?$/.test(log())
  )
  return log()
}

const home = makeSender()
const suite = await startSuite(home)

test('two recipients at one host arrive in one SMTP transaction, and each has its lines in the log', async () => {
  const log = await send(home, suite, ['ann@far.example', 'bob@FAR.example'])
  assert.deepEqual(
    sink.messages.splice(0).map(({ to }) => to),
    [['ann@far.example', 'bob@FAR.example']]
  )
  const lines = log.split('\n').filter((line) => /^(starting|delivery|status)/.test(line))
  const [, msg = ''] = /^starting delivery 1: msg (\d+) /m.exec(log) ?? []
  const reached = 'success: 127.0.0.1_accepted_message./Remote_host_said:_250_taken/'
  assert.deepEqual(lines, [
    `starting delivery 1: msg ${msg} to remote ann@far.example`,
    'status: local 0/10 remote 1/1',
    `starting delivery 2: msg ${msg} to remote bob@FAR.example`,
    'status: local 0/10 remote 1/1',
    `delivery 1: ${reached}`,
    'status: local 0/10 remote 1/1',
    `delivery 2: ${reached}`,
    'status: local 0/10 remote 0/1'
  ])
})

test('each recipient is reported on by itself; other hosts have deliveries of their own', async () => {
  const log = await send(home, suite, ['a@one.example', 'bad@one.example', 'b@two.example', 'later@one.example', 'c@one.example'])
  const by = (recipient: string): string => {
    const number = new RegExp(`^starting delivery (\\d+): msg \\d+ to remote ${recipient}$`, 'm').exec(log)?.[1]
    return new RegExp(`^delivery ${number}: (.*)$`, 'm').exec(log)?.[1] ?? 'nothing'
  }
  for (const recipient of ['a@one.example', 'b@two.example', 'c@one.example']) assert.match(by(recipient), /^success: 127\.0\.0\.1_accepted_message/)
  assert.match(by('bad@one.example'), /^failure: 127\.0\.0\.1_does_not_like_recipient\.\/Remote_host_said:_550_5\.1\.1_no_such_user/)
  assert.match(by('later@one.example'), /^deferral: 127\.0\.0\.1_does_not_like_recipient\.\/Remote_host_said:_450_4\.2\.0_not_now/)
  assert.deepEqual(
    sink.messages
      .splice(0)
      .map(({ to }) => to)
      .toSorted(),
    [['a@one.example', 'c@one.example'], ['b@two.example']]
  )
})

test('a host that takes fewer at a time gets the others at once, and is asked for no more from then on', async () => {
  const recipients = Array.from({ length: 7 }, (_, n) => `few${n}@small.example`)
  const log = await send(home, suite, recipients)
  const to = sink.messages.splice(0).map((message) => message.to)
  assert.deepEqual(to.flat().toSorted(), recipients)
  assert.equal(Math.max(...to.map((all) => all.length)), 2)
  assert.equal([...log.matchAll(/^delivery \d+: deferral: /gm)].length, 5)
  const again = await send(home, suite, recipients)
  assert.deepEqual(
    sink.messages
      .splice(0)
      .flatMap((message) => message.to)
      .toSorted(),
    recipients
  )
  assert.doesNotMatch(again, /deferral/)
})

test('qmail-remote in its first gear, or a program in its place, is run for each recipient', async () => {
  const own = makeSender()
  own.control('firstgear', 'qmail-remote\n')
  const first = await startSuite(own)
  await send(own, first, ['ann@far.example', 'bob@far.example'])
  assert.equal(await first.stop(), 0)
  assert.deepEqual(
    sink.messages
      .splice(0)
      .map(({ to }) => to)
      .toSorted(),
    [['ann@far.example'], ['bob@far.example']]
  )
})

test('so is one that takes the place of ours later: one after another, each with the whole message', async () => {
  const own = makeSender()
  const second = await startSuite(own)
  await send(own, second, ['ann@far.example', 'bob@far.example'])
  assert.equal(sink.messages.splice(0).length, 1)
  const calls = own.at('calls')
  writeFileSync(calls, '', { mode: 0o666 })
  chmodSync(calls, 0o666)
  const wrapper = own.at('bin', 'qmail-remote.new')
  writeFileSync(wrapper, `#!/bin/sh\necho "$* $(cat | tail -n 1)" >> ${calls}\nprintf 'r\\0Kby hand\\n\\0'\n`, { mode: 0o755 })
  renameSync(wrapper, own.at('bin', 'qmail-remote'))
  const log = await send(own, second, ['ann@far.example', 'bob@far.example'])
  assert.equal(readFileSync(calls, 'latin1'), 'far.example  ann@far.example hi\nfar.example  bob@far.example hi\n')
  assert.equal([...log.matchAll(/success: by_hand/g)].length, 2)
  assert.equal(await second.stop(), 0)
})
