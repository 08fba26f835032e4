import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { keepNotices } from '../helpers/kept-notices.ts'
import { putMessage, queueFiles, SendRig } from '../helpers/send-rig.ts'

const makeRig = (control: Record<string, string> = {}) => {
  const home = makeHome()
  home.control('locals', 'me.example\n')
  for (const [name, text] of Object.entries(control)) home.control(name, text)
  const { program, kept } = keepNotices(home)
  return { home, kept, start: () => new SendRig(home, { env: { QMAILQUEUE: program } }) }
}

const DATE = '[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} \\+0000'

test("control/bounceformat dsn: a multipart/report, its first part in qmail's words", async () => {
  const { home, kept, start } = makeRig({ bounceformat: 'dsn\n', virtualdomains: 'v.example:joe\n' })
  putMessage(home, ['a@v.example', 'b@far.example'], { body: 'Subject: hi\n\nno line end' })
  const rig = start()
  rig.report(await rig.delivery(/^b@/), 'D192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 who?\nGiving up on 192.0.2.1.\n')
  await rig.logged(/delivery \d: failure/)
  rig.report(await rig.delivery(/^joe-a@/), 'DSorry, no mailbox here by that name. (#5.1.1)\n')
  await rig.logged(/bounce msg \d+ qp \d+\nend msg/)
  await rig.stop()
  assert.deepEqual(queueFiles(home), {})
  const [{ message, envelope } = { message: '', envelope: '' }] = kept()
  assert.equal(envelope, 'F\0Ts@s.example\0\0')
  const boundary = /boundary="([^"]+)"/.exec(message)?.[1] ?? ''
  const masked = message
    .replaceAll(boundary, 'BOUNDARY')
    .replace(new RegExp(DATE, 'g'), 'DATE')
    .replace(/^Date: .*/, 'Date: DATE')
  assert.equal(
    masked.replace(/^Message-ID: <[0-9]+\.[0-9a-f]+\.qmail-send@mail\.example\.org>$/m, 'Message-ID: ID'),
    `Date: DATE
From: MAILER-DAEMON@mail.example.org
To: s@s.example
Subject: failure notice
Message-ID: ID
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="BOUNDARY"
Content-Transfer-Encoding: 8bit

--BOUNDARY
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Hi. This is the qmail-send program at mail.example.org.
Your message could not be delivered to the addresses listed here.
The errors are permanent, so I have given up on them. The reasons follow.

<b@far.example>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 who?
Giving up on 192.0.2.1.

<a@v.example>:
Sorry, no mailbox here by that name. (#5.1.1)


--BOUNDARY
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org
Arrival-Date: DATE

Final-Recipient: rfc822; b@far.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; [192.0.2.1]
Diagnostic-Code: smtp; 550 5.1.1 who?

Final-Recipient: rfc822; a@v.example
Action: failed
Status: 5.1.1
Diagnostic-Code: x-qmail; Sorry, no mailbox here by that name. (#5.1.1)
Last-Attempt-Date: DATE

--BOUNDARY
Content-Type: message/rfc822
Content-Transfer-Encoding: 8bit

Return-Path: <s@s.example>
Subject: hi

no line end
--BOUNDARY--
`
  )
})

test('of a message above control/bouncemaxbytes only the header is sent back, in both formats; SIGHUP reads both files again', async () => {
  const { home, kept, start } = makeRig({ bounceformat: 'dsn\n', bouncemaxbytes: '30\n' })
  const fail = async (body: string, count: number): Promise<void> => {
    putMessage(home, ['a@far.example'], { body })
    rig.pull()
    rig.report(await rig.delivery(/^a@/), 'Dno\n')
    await rig.logged(new RegExp(`(bounce msg [\\s\\S]*){${count}}end msg`))
  }
  const rig = start()
  await rig.logged(/status: /)
  await fail(`Subject: long\nX: y\n\n${'body\n'.repeat(10)}`, 1)
  await fail('Subject: short\n\nbody\n', 2)
  home.control('bounceformat', 'qsbmf\n')
  rig.kill('SIGHUP')
  await fail(`Subject: long\n\n${'body\n'.repeat(10)}`, 3)
  await rig.stop()
  const [long, short, plain] = kept().map(({ message }) => message)
  assert.match(
    long ?? '',
    /\nContent-Type: text\/rfc822-headers\nContent-Transfer-Encoding: 8bit\n\nReturn-Path: <s@s\.example>\nSubject: long\nX: y\n\n--=_[^\n]+--\n$/
  )
  assert.match(short ?? '', /\nContent-Type: message\/rfc822\n[\s\S]+\nSubject: short\n\nbody\n\n--=_[^\n]+--\n$/)
  assert.match(
    plain ?? '',
    /\nSubject: failure notice\n\nHi\. This is the [\s\S]+\n--- Below this line is a copy of the message\.\n\nReturn-Path: <s@s\.example>\nSubject: long\n$/
  )
})

test('a bounce that bounces goes to doublebounceto, its own bounce nowhere; an empty doublebounceto drops it, with a line', async () => {
  const { home, kept, start } = makeRig({ bounceformat: 'dsn\n' })
  const rig = start()
  await rig.logged(/status: /)
  for (const sender of ['', '#@[]']) {
    putMessage(home, ['a@far.example'], { sender })
    rig.pull()
    rig.report(await rig.delivery(/^a@/), 'Dno\n')
  }
  await rig.logged(/(end msg [\s\S]*){2}/)
  await rig.stop()
  assert.match(rig.log, /triple bounce: discarding bounce\/\d+\nend msg/)
  assert.deepEqual(
    kept().map(({ envelope }) => envelope),
    ['F#@[]\0Tpostmaster@mail.example.org\0\0']
  )
  assert.match(kept()[0]?.message ?? '', /\nContent-Type: message\/rfc822\n[^\n]+\n\nReturn-Path: <>\n/)

  home.control('doublebounceto', '\n')
  putMessage(home, ['a@far.example'], { sender: '' })
  const again = start()
  again.report(await again.delivery(/^a@/), 'Dno\n')
  await again.logged(/\ndouble bounce: discarding bounce\/\d+\nend msg/)
  await again.stop()
  assert.equal(kept().length, 1)
  assert.deepEqual(queueFiles(home), {})
})
