import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { smtpdWith } from '../helpers/auth.ts'
import { client } from '../helpers/dialogue.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { maildir, startSuite, until } from '../helpers/suite.ts'
import { untilServed } from '../helpers/wait.ts'

const home = makeHome()
const ids = isRoot ? { uid: 64_260, gid: 64_260 } : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
mkdirSync(home.at('vmail'))
chmodSync(home.at('vmail'), 0o711)
if (isRoot) chownSync(home.at('vmail'), ids.uid, ids.gid)
home.control('virtualuser', `vmail:${ids.uid}:${ids.gid}:${home.at('vmail')}\n`)
home.control('virtualdomains', 'ex.example:ex.example\n')
home.control('rcpthosts', 'ex.example\n')
home.control('checkpassword', 'checkpassword true\n')
for (const [box, password] of [
  ['joe', 'secret'],
  ['ann', 'other']
]) {
  const { exit, stderr } = runProgram(home, 'qmail-vuser', { args: ['add', `${box}@ex.example`], input: `${password}\n` })
  assert.equal(exit, 0, stderr)
}

test('a mailbox without an account submits with its password, through qmail-authd and the suite, and another has the message', async () => {
  await startSuite(home)
  await untilServed(home.at('run', 'smtpd', 'auth'))
  const { port, daemon } = await smtpdWith(home, { SUBMISSION: '' }, ['-w', '1'])
  const plain = (text: string): string => `AUTH PLAIN ${Buffer.from(text, 'latin1').toString('base64')}\r\n`
  const c = client(port)
  c.say(`EHLO c.example\r\n${plain('\0joe@ex.example\0other')}${plain('\0nobody@ex.example\0secret')}${plain('\0joe@ex.example\0secret')}`)
  await c.until(/535 [^\n]*\n535 [^\n]*\n235 ok, go ahead/)
  c.say('MAIL FROM:<ann@ex.example>\r\nMAIL FROM:<joe-list@ex.example>\r\nRCPT TO:<ann@ex.example>\r\nDATA\r\nSubject: submitted\r\n\r\nx\r\n.\r\nQUIT\r\n')
  assert.match(await c.closed(), /553 sorry, that is not your address[^\n]*\n250 ok\r\n250 ok\r\n354 [^\n]*\n250 ok \d+ qp \d+\r\n221 /)
  const [text = ''] = await until('the message', () => {
    const found = maildir(home.at('vmail', 'ex.example', 'ann', 'Maildir'))
    return found.length > 0 && found
  })
  assert.match(
    text,
    /\(HELO c\.example\) \(joe@ex\.example@127\.0\.0\.1\)\n {2}by 0 with ESMTPA; [^\n]*\nDate: [^\n]*\nMessage-ID: [^\n]*\nSubject: submitted\n\nx\n$/
  )
  for (const log of [daemon.log(), readFileSync(home.at('send.log'), 'latin1')]) assert.doesNotMatch(log, /secret|other/)
})
