import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { maildir, startSmtpd, startSuite, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'

const without = (program: string): string | false => (spawnSync(program, ['--version']).status === 0 ? false : `${program} is not there`)

const SEND = `import smtplib, sys
with smtplib.SMTP('127.0.0.1', int(sys.argv[1])) as s:
    s.ehlo()
    assert s.has_extn('dsn'), s.esmtp_features
    refused = s.sendmail('joe@local.example', ['ann@local.example', 'nobody@local.example'], 'Subject: from python\\r\\n\\r\\nbody\\r\\n',
        mail_options=['RET=HDRS', 'ENVID=py+2B1'], rcpt_options=['NOTIFY=SUCCESS,FAILURE', 'ORCPT=rfc822;first@old.example'])
    assert refused == {}, refused
`
const READ = `import email, email.policy, json, sys
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
parts = list(m.iter_parts())
status = [dict(x.items()) for x in parts[1].get_payload()]
print(json.dumps({ 'type': m.get_content_type(), 'report': m.get_param('report-type'), 'defects': [str(d) for p in m.walk() for d in p.defects],
    'parts': [p.get_content_type() for p in parts], 'message': status[0], 'recipients': status[1:] }))
`

test("Python's smtplib asks for reports, and its email package reads them", { skip: without('python3') }, async () => {
  const home = makeHome()
  home.control('locals', 'local.example\n')
  home.control('rcpthosts', 'local.example\n')
  home.control('bounceformat', 'dsn\n')
  home.control('recipientcheck', '0\n')
  home.control('esmtp', 'PIPELINING\nSIZE\n8BITMIME\nDSN\n')
  const [joe, ann] = makeUsers(home, ['joe', 'ann'])
  assert.ok(joe && ann)
  for (const user of [joe, ann]) user.maildir()
  await startSuite(home)
  const { port } = await startSmtpd(home)
  const sent = spawnSync('python3', ['-c', SEND, String(port)], { encoding: 'utf8' })
  assert.equal(sent.status, 0, sent.stderr)
  for (const [subject, recipient, action, status] of [
    ['delivery notice', 'ann@local.example', 'delivered', '2.0.0'],
    ['failure notice', 'nobody@local.example', 'failed', '5.1.1']
  ] as const) {
    const text: string = await until(`the ${subject}`, () => maildir(`${joe.home}/Maildir`).find((one) => one.includes(`\nSubject: ${subject}\n`)))
    const read: { status: number | null; stdout: string; stderr: string } = spawnSync('python3', ['-c', READ], {
      input: Buffer.from(text, 'latin1'),
      encoding: 'utf8'
    })
    assert.equal(read.status, 0, read.stderr)
    const report = JSON.parse(read.stdout)
    assert.deepEqual([report.type, report.report, report.defects], ['multipart/report', 'delivery-status', []])
    assert.deepEqual(report.parts, ['text/plain', 'message/delivery-status', 'text/rfc822-headers'])
    assert.equal(report.message['Original-Envelope-Id'], 'py+1')
    assert.equal(report.recipients.length, 1)
    const [one] = report.recipients
    assert.deepEqual(
      [one['Original-Recipient'], one['Final-Recipient'], one.Action, one.Status],
      ['rfc822; first@old.example', `rfc822; ${recipient}`, action, status]
    )
  }
})
