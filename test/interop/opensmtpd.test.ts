import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { freePort } from '../helpers/free-port.ts'
import { makeHome } from '../helpers/home.ts'
import { noOpensmtpd, type Opensmtpd, startOpensmtpd } from '../helpers/opensmtpd.ts'
import { BODIES, HEAD, pythonSend, startBetween } from '../helpers/round-trip.ts'
import { smtpSend } from '../helpers/smtp.ts'
import { startProgram } from '../helpers/start-program.ts'
import { startSmtpd, until } from '../helpers/suite.ts'
import { output } from '../helpers/tls.ts'
import { PATIENT } from '../helpers/wait.ts'

const home = makeHome()
const options = { ...PATIENT, skip: noOpensmtpd }

const peers = noOpensmtpd ? undefined : await startBetween(home, 'bsd.example', async (port) => startOpensmtpd(await freePort(), port))

const box = (): string[] => peers?.box() ?? []
/** The message with this subject, when OpenSMTPD has brought it. */
const arrival = (peer: Opensmtpd, subject: string): Promise<string> =>
  until(`mail "${subject}"`, () => {
    assert.doesNotMatch(peer.log(), / result=(TempFail|PermFail) .*/)
    return box().find((one) => one.includes(`\nSubject: ${subject}\n`))
  })

for (const gear of ['own', 'resident'] as const) {
  test(`OpenSMTPD sends by STARTTLS to a qmail-smtpd, ${gear}: all arrives as it was`, options, async () => {
    const peer = peers?.[gear]
    assert.ok(peer)
    const messages = Object.entries(BODIES).map(([name, body]) => {
      const subject = `${name}, ${gear}`
      return { subject, text: `${HEAD}Subject: ${subject}\n\n${body}` }
    })
    for (const { text } of messages) await smtpSend(peer.port, 'p@far.example', ['joe@ours.example'], text)
    for (const { subject, text } of messages) {
      const arrived = await arrival(peer, subject)
      assert.match(
        arrived,
        /^Return-Path: <p@far\.example>\nDelivered-To: joe@ours\.example\nReceived: .*\nReceived: .*\n {2}by 0 with ESMTPS \(TLS_\w+ encrypted\); /
      )
      assert.equal(arrived.slice(-text.length), text)
    }
  })
}

/** Delivers this text to OpenSMTPD; the reports. */
const deliver = async (text: string, ...recipients: string[]): Promise<string> => {
  writeFileSync(home.at('message'), Buffer.from(text, 'latin1'))
  const args = ['bsd.example', 'p@ours.example', ...recipients]
  return (await startProgram(home, 'qmail-remote', { args, inputFile: home.at('message') })).stdout
}

/** OpenSMTPD before 7 cannot serve TLS with OpenSSL 3 (its issue 1171): nobody gets it, this neither. */
const servesTls = async (port: number): Promise<boolean> =>
  (await output('openssl', ['s_client', '-starttls', 'smtp', '-connect', `127.0.0.1:${port}`], 'QUIT\r\n')).code === 0

test('qmail-remote brings OpenSMTPD all as it was, by STARTTLS where it can', options, async () => {
  const peer = peers?.resident
  assert.ok(peer)
  const isServed = await servesTls(peer.port)
  for (const [name, body] of Object.entries(BODIES)) {
    const text = `${HEAD}Subject: ${name}\n\n${body}`
    const reports = await deliver(text, 'u1@bsd.example', 'nobody@bsd.example')
    assert.match(reports, /^r\0h127\.0\.0\.1 does not like recipient\.\n[^\0]*550 Invalid recipient[^\0]*\0K127\.0\.0\.1 accepted message\.\n/)
    assert.match(reports, isServed ? /\nTLS: TLSv1\.3 TLS_\w+, / : /\nTLS: none, it failed: ERR_SSL_\w+\.\n/)
    const arrived: string = await until(
      () => `${name}; log:\n${peer.log()}`,
      () => peer.mail().find((one) => one.includes(`\nSubject: ${name}\n`))
    )
    assert.match(arrived, isServed ? /\n\tby mail\.bsd\.example \(OpenSMTPD\) with ESMTPS id / : /\n\tby mail\.bsd\.example \(OpenSMTPD\) with ESMTP id /)
    assert.equal(arrived.slice(-text.length), text)
  }
})

test('qmail-remote heeds the SIZE that OpenSMTPD says', options, async () => {
  const reports = await deliver(`${HEAD}\n${'x'.repeat(99)}\n`.repeat(8000), 'u1@bsd.example')
  assert.match(reports, /^D[^\0]*too large for 127\.0\.0\.1\. \(#5\.3\.4\)/)
})

test('mail of SMTPUTF8 is given back, as OpenSMTPD does not have it', options, async () => {
  const peer = peers?.resident
  assert.ok(peer)
  const { port } = await startSmtpd(home)
  await pythonSend(home, port, 'joe-жанна@ours.example', 'u1@bsd.example', 'Subject: Grüße\n\nx\n', 'SMTPUTF8 BODY=8BITMIME')
  assert.match(await arrival(peer, 'failure notice'), /\nAction: failed\nStatus: 5\.6\.7\n/)
})

test('what a sender wants to hear goes to OpenSMTPD and comes back from it', {
  ...options,
  skip: noOpensmtpd || (spawnSync('python3', ['--version']).status === 0 ? false : 'python3 is not installed')
}, async () => {
  const peer = peers?.resident
  assert.ok(peer)
  const { port } = await startSmtpd(home)
  const rcpt = 'NOTIFY=SUCCESS ORCPT=rfc822;first@old.example'
  await pythonSend(home, port, 'joe@ours.example', 'joe-there@round.example', 'Subject: around\n\nx\n', 'RET=HDRS ENVID=around+2B1', rcpt)
  const report = await arrival(peer, 'delivery notice')
  assert.match(report, /\nOriginal-Envelope-Id: around\+1\n/)
  assert.match(report, /\nOriginal-Recipient: rfc822; first@old\.example\nFinal-Recipient: rfc822; joe-there@ours\.example\nAction: delivered\n/)
  assert.match(report, /\nContent-Type: text\/rfc822-headers\n/)
})
