import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Exim, noExim, startExim } from '../helpers/exim.ts'
import { freePort } from '../helpers/free-port.ts'
import { makeHome } from '../helpers/home.ts'
import { BODIES, ESMTP, HEAD, pythonSend, startBetween } from '../helpers/round-trip.ts'
import { smtpSend } from '../helpers/smtp.ts'
import { startProgram } from '../helpers/start-program.ts'
import { startSmtpd, until } from '../helpers/suite.ts'
import { PATIENT } from '../helpers/wait.ts'

const utf8 = (text: string): string => Buffer.from(text).toString('latin1')

const home = makeHome()
const options = { ...PATIENT, skip: noExim }

const exims = noExim ? undefined : await startBetween(home, 'exim.example', async (port) => startExim(await freePort(), { port }))

const box = (): string[] => exims?.box() ?? []
/** The message with this subject, when Exim has brought it. */
const arrival = (exim: Exim, subject: string): Promise<string> =>
  until(`mail "${subject}"`, () => {
    assert.doesNotMatch(exim.log(), / (\*\*|==) /, 'Exim gives no message back, and puts none off')
    return box().find((one) => one.includes(`\nSubject: ${subject}\n`))
  })
for (const gear of ['own', 'resident'] as const) {
  for (const chunking of [true, false]) {
    test(`Exim sends by STARTTLS and ${chunking ? 'BDAT' : 'DATA'} to a qmail-smtpd, ${gear}: all arrives as it was`, options, async () => {
      const exim = exims?.[gear]
      assert.ok(exim)
      home.control('esmtp', chunking ? ESMTP : ESMTP.replace('CHUNKING\n', ''))
      const messages = Object.entries(BODIES).map(([name, body]) => {
        const subject = `${name}, ${gear}, ${chunking}`
        return { subject, text: `${HEAD}Subject: ${subject}\n\n${body}` }
      })
      const before = exim.log().length
      for (const { text } of messages) await smtpSend(exim.port, 'p@far.example', ['joe@ours.example'], text)
      for (const { subject, text } of messages) {
        const arrived = await arrival(exim, subject)
        assert.match(
          arrived,
          /^Return-Path: <p@far\.example>\nDelivered-To: joe@ours\.example\nReceived: .*\nReceived: .*\n {2}by 0 with ESMTPS \(TLS_\w+ encrypted\); /
        )
        assert.equal(arrived.slice(-text.length), text)
      }
      const ways = await until('the last line of its log', () => {
        const lines = exim
          .log()
          .slice(before)
          .match(/ => joe@ours\.example .*/g)
        return lines?.length === messages.length && lines
      })
      for (const way of ways) assert.equal(/ K C="250/.test(way), chunking, way)
      home.control('esmtp', ESMTP)
    })
  }
}

/** Delivers this text to Exim as qmail-rspawn has it done; the reports. */
const deliver = async (text: string, sender: string, ...recipients: string[]): Promise<string> => {
  writeFileSync(home.at('message'), Buffer.from(text, 'latin1'))
  const { stdout } = await startProgram(home, 'qmail-remote', { args: ['exim.example', sender, ...recipients], inputFile: home.at('message') })
  return stdout
}

test('qmail-remote brings Exim all as it was, by STARTTLS', options, async () => {
  const exim = exims?.resident
  assert.ok(exim)
  for (const [name, body] of Object.entries(BODIES)) {
    const text = `${HEAD}Subject: ${name}\n\n${body}`
    const reports = await deliver(text, 'p@ours.example', 'u1@exim.example', 'nobody@exim.example')
    assert.match(
      reports,
      /^r\0h127\.0\.0\.1 does not like recipient\.\n[^\0]*550 nobody here by that name\n\0K127\.0\.0\.1 accepted message\.\nTLS: TLSv1\.3 TLS_\w+, [^\n]*\nRemote host said: 250 OK id=/
    )
    const arrived: string = await until(
      () => `${name}; log:\n${exim.log()}`,
      () => exim.mail().find((one) => one.includes(`\nSubject: ${name}\n`))
    )
    assert.match(arrived, /\tby mail\.exim\.example with esmtps +\(TLS1\.3\) tls TLS_/)
    assert.equal(arrived.slice(-text.length), text)
  }
})

test('qmail-remote heeds the SIZE that Exim says', options, async () => {
  const before = exims?.resident.mail().length
  const reports = await deliver(`${HEAD}\n${'x'.repeat(99)}\n`.repeat(8000), 'p@ours.example', 'u1@exim.example')
  assert.match(reports, /^D[^\0]*too large for 127\.0\.0\.1\. \(#5\.3\.4\)/)
  assert.equal(exims?.resident.mail().length, before)
})

const withPython = { ...options, skip: noExim || (spawnSync('python3', ['--version']).status === 0 ? false : 'python3 is not installed') }

test('mail of SMTPUTF8 goes to Exim and comes from it as such', withPython, async () => {
  const exim = exims?.resident
  assert.ok(exim)
  const { port } = await startSmtpd(home)
  const text = 'From: жанна@ours.example\nSubject: Grüße an Exim\n\nКак дела?\n'
  await pythonSend(home, port, 'жанна@ours.example', 'u1@exim.example', text, 'SMTPUTF8 BODY=8BITMIME')
  const there = await until(
    () => `it at Exim; log:\n${exim.log()}`,
    () => exim.mail().find((one) => one.endsWith(utf8(text)))
  )
  assert.match(there, /\tby mail\.exim\.example with utf8esmtps +\(/)
  await pythonSend(home, exim.port, 'анна@far.example', 'joe-жанна@ours.example', 'Subject: Grüße von Exim\n\nКак дела?\n', 'SMTPUTF8 BODY=8BITMIME')
  const here = await arrival(exim, utf8('Grüße von Exim'))
  assert.ok(
    here.startsWith(utf8('Return-Path: <"анна"@far.example>\nDelivered-To: joe-жанна@ours.example\n')) ||
      here.startsWith(utf8('Return-Path: <анна@far.example>\nDelivered-To: joe-жанна@ours.example\n')),
    here
  )
  assert.match(here, /\n {2}by 0 with UTF8SMTPS \(TLS_/)
})

test('what a sender wants to hear goes to Exim and comes back from it', withPython, async () => {
  const exim = exims?.resident
  assert.ok(exim)
  const { port } = await startSmtpd(home)
  await pythonSend(
    home,
    port,
    'joe@ours.example',
    'joe-there@round.example',
    'Subject: around\n\nx\n',
    'RET=HDRS ENVID=around+2B1',
    'NOTIFY=SUCCESS ORCPT=rfc822;first@old.example'
  )
  const report = await arrival(exim, 'delivery notice')
  assert.match(report, /\nOriginal-Envelope-Id: around\+1\n/)
  assert.match(report, /\nOriginal-Recipient: rfc822; first@old\.example\nFinal-Recipient: rfc822; joe-there@ours\.example\nAction: delivered\n/)
  assert.match(report, /\nContent-Type: text\/rfc822-headers\n/)
  const reports = box().filter((one) => one.startsWith('Return-Path: <>\n'))
  assert.equal(reports.length, 1, 'Exim and the first of us say nothing of it')
})
