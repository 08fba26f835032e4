import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { selfSigned } from '../helpers/certificate.ts'
import { makeHome } from '../helpers/home.ts'
import { smtpSink } from '../helpers/smtp.ts'
import { maildir, makeMaildir, startSmtpd, startSuite, until } from '../helpers/suite.ts'
import { layCertificate, throughOpenssl } from '../helpers/tls.ts'
import { PATIENT } from '../helpers/wait.ts'

const home = makeHome()
layCertificate(home, selfSigned(['localhost']))
home.control('locals', 'ours.example\n')
home.control('rcpthosts', 'ours.example\nfar.example\n')
home.control('doublebouncehost', 'ours.example\n')
home.control('esmtp', 'PIPELINING\nREQUIRETLS\n')
makeMaildir(home.at('alias', 'Maildir'))
spawnSync('chown', ['-R', '--reference', home.at('alias'), home.at('alias', 'Maildir')])
writeFileSync(home.at('alias', '.qmail-default'), './Maildir/\n')
writeFileSync(home.at('alias', '.qmail-on'), '&forwarded@far.example\n')
writeFileSync(home.at('alias', '.qmail-by'), `|${home.at('bin', 'forward')} by-program@far.example\n`)
writeFileSync(home.at('alias', '.qmail-list'), '&member@far.example\n')
writeFileSync(home.at('alias', '.qmail-list-owner'), './Maildir/\n')
const sink = await smtpSink()
home.control('smtproutes', `:127.0.0.1:${sink.port}\n`)
const suite = await startSuite(home)
const arrived = (pattern: RegExp): Promise<string> =>
  until(`${pattern}; log:\n${suite.log()}`, () => maildir(home.at('alias', 'Maildir')).find((text) => pattern.test(text)))

for (const gear of [[], ['-w', '1']]) {
  test(`a message that demands TLS never reaches a host without it, nor does its bounce; ${gear.length > 0 ? 'resident' : 'first gear'}`, PATIENT, async () => {
    const { port, daemon } = await startSmtpd(home, gear)
    const name = `g${gear.length}`
    const say = (sender: string, subject: string, recipients = ['r@far.example']): Promise<string> =>
      throughOpenssl(
        port,
        ['-starttls', 'smtp'],
        [
          'EHLO x\n',
          `MAIL FROM:<${sender}> REQUIRETLS\n`,
          ...recipients.map((recipient) => `RCPT TO:<${recipient}>\n`),
          'DATA\n',
          `Subject: ${subject}\nX-Secret: ${name}\n\nsecret\n.\n`,
          'quit\n'
        ]
      )
    assert.match(await say(`near-${name}@ours.example`, `${name} near`), /\r\n250-REQUIRETLS\r\n|\r\n250 REQUIRETLS\r\n/)
    const bounce = await arrived(new RegExp(`\nSubject: ${name} near\n`))
    assert.match(bounce, /\nTLS policy of REQUIRETLS not met by [^\n]*\(#5\.7\.5\)\n/)
    assert.doesNotMatch(bounce, /[Ss]ecret/)
    await say(`s-${name}@far.example`, `${name} far`)
    const double = await arrived(new RegExp(`\n<s-${name}@far\\.example>:\n`))
    assert.match(double, /I tried to return an undeliverable message to its sender, but that bounce\nitself bounced/)
    await say(`by-${name}@ours.example`, `${name} on`, ['on@ours.example', 'by@ours.example', 'list@ours.example', 'box@ours.example'])
    assert.match(await arrived(new RegExp(`\nX-Secret: ${name}\n`)), new RegExp(`\nDelivered-To: box@ours\\.example\n[\\s\\S]*\nSubject: ${name} on\n`))
    for (const recipient of ['forwarded', 'by-program', 'member']) {
      const returned = await arrived(
        new RegExp(`\n<${recipient}@far\\.example>:\nTLS policy of REQUIRETLS not met by [^\n]*\\(#5\\.7\\.5\\)\n[\\s\\S]*\nSubject: ${name} on\n`)
      )
      assert.doesNotMatch(returned, /[Ss]ecret/, recipient)
    }
    assert.deepEqual(sink.messages, [])
    await daemon.stop()
  })
}
