import assert from 'node:assert/strict'
import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { queueFiles } from '../helpers/send-rig.ts'
import { smtpSend } from '../helpers/smtp.ts'
import { maildir, startSmtpd, startSuite, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'

const home = makeHome()
home.control('locals', 'local.example\n')
home.control('rcpthosts', 'local.example\n')
const [joe, ann, bob] = makeUsers(home, ['joe', 'ann', 'bob'])
assert.ok(joe && ann && bob)
const box = joe.maildir()
bob.lay('.qmail', '|cat >> got\n')
const { port } = await startSmtpd(home, ['-w', '1'])

const send = (who: string, subject: string): Promise<string> => smtpSend(port, 's@away.example', [`${who}@local.example`], `Subject: ${subject}\n\nbody\n`)
const arrived = (subject: string): boolean => maildir(box).some((text) => text.includes(`Subject: ${subject}\n`))
const segments = (): string[] => readdirSync(home.at('queue', 'log'))
/** Numbers made ahead, which only a running qmail-queued may have. */
const numbers = (): string[] => readdirSync(home.at('queue', 'pid'))

test('a message that is delivered at once costs no file of the queue, and leaves none', async () => {
  const suite = await startSuite(home)
  await send('joe', 'first')
  await until('the message', () => arrived('first'))
  await until('its end in the log', () => /\nend msg \d+\n/.test(suite.log()))
  assert.ok(segments().includes('0'))
  assert.ok(numbers().length > 0)
  assert.deepEqual(queueFiles(home), {})
  assert.equal(await suite.stop(), 0)
  assert.deepEqual([numbers(), queueFiles(home)], [[], {}])
})

test('what is deferred is in the files of qmail, under its number, and at rest nothing else is', async () => {
  const suite = await startSuite(home)
  const before = suite.log().length
  await send('ann', 'no Maildir yet')
  const log = (): string => suite.log().slice(before)
  const deferred = await until('the deferral', () => /\nstatus: [^\n]*\n(?:[^\n]*\n)*delivery \d+: deferral/.test(log()) && /new msg (\d+)/.exec(log()))
  const id = deferred?.[1] ?? ''
  await until('its files', () => queueFiles(home)[`info/${id}`])
  assert.equal(await suite.stop(), 0)
  assert.deepEqual(queueFiles(home), { [`mess/${id}`]: '', [`info/${id}`]: 'Fs@away.example\0', [`local/${id}`]: 'Tann@local.example\0' })
  assert.deepEqual(numbers(), [])
  assert.equal(log().match(/^new msg/gm)?.length, 1)

  const annBox = ann.maildir()
  const again = await startSuite(home)
  again.child.kill('SIGALRM')
  await until('the deferred message', () => maildir(annBox).length === 1)
  await until('its end', () => again.log().includes(`\nend msg ${id}\n`))
  assert.equal(await again.stop(), 0)
  assert.deepEqual(queueFiles(home), {})
})

test('a delivery that needs a file gets one, and the log of the suite shows one delivery', async () => {
  const suite = await startSuite(home)
  const before = suite.log().length
  await send('bob', 'for a program')
  await until('the end of the message', () => /\nend msg \d+\n/.test(suite.log().slice(before)))
  assert.match(readFileSync(`${bob.home}/got`, 'latin1'), /\nSubject: for a program\n\nbody\n$/)
  const log = suite.log().slice(before)
  assert.equal(log.match(/^starting delivery /gm)?.length, 1)
  assert.match(log, /\ndelivery \d+: success: did_0\+0\+1\/\n/)
  assert.equal(await suite.stop(), 0)
  assert.deepEqual([numbers(), queueFiles(home)], [[], {}])
})

test('with a wrapper in the place of a spawner, and with control/commitlog 0, the log is not used', async () => {
  const program = home.at('bin', 'qmail-lspawn')
  renameSync(program, `${program}.own`)
  writeFileSync(program, `#!/bin/sh\nexec "${program}.own" "$@"\n`)
  chmodSync(program, 0o755)
  for (const name of segments()) rmSync(home.at('queue', 'log', name))
  const wrapped = await startSuite(home)
  await send('joe', 'through a wrapper')
  await until('the message', () => arrived('through a wrapper'))
  assert.equal(await wrapped.stop(), 0)
  assert.deepEqual([segments(), numbers()], [[], []])
  renameSync(`${program}.own`, program)
  home.control('commitlog', '0\n')
  const off = await startSuite(home)
  const before = off.log().length
  await send('joe', 'without the log')
  await until('the message', () => arrived('without the log'))
  await until('its end', () => /\nend msg \d+\n/.test(off.log().slice(before)))
  assert.equal(await off.stop(), 0)
  assert.deepEqual([segments(), numbers(), queueFiles(home)], [[], [], {}])
})
