import assert from 'node:assert/strict'
import { test } from 'node:test'
import { client } from '../helpers/dialogue.ts'
import { makeHome } from '../helpers/home.ts'
import { POLITE, smtpScript } from '../helpers/smtp-script.ts'
import { startProgram } from '../helpers/start-program.ts'
import { startSmtpd, startSuite } from '../helpers/suite.ts'

const home = makeHome()

// CR and LF in an envelope address were taken from clients, and sent on as they were: commands in another's conversation.
test('qmail-smtpd refuses addresses with a CR in them, in both gears', async () => {
  await startSuite(home)
  for (const options of [[], ['-w', '1']]) {
    const c = client((await startSmtpd(home, options)).port)
    c.say('MAIL FROM:<a\rRCPT TO:<z>\r\nMAIL FROM:<"a\\\rb"@c>\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d\r>\r\nRCPT TO:<e@f>\r\nQUIT\r\n')
    const replies = (await c.closed()).split('\r\n').map((line) => line.slice(0, 13))
    assert.deepEqual(replies.slice(1, 6), ['555 syntax er', '555 syntax er', '250 ok', '555 syntax er', '250 ok'])
  }
})

const remote = async (...args: string[]): Promise<string> => (await startProgram(home, 'qmail-remote', { args, input: 'Subject: x\n\nx\n' })).stdout

test('qmail-remote sends no sender and no recipient with a line end in it: D, and the others get their mail', async () => {
  const server = await smtpScript(POLITE)
  home.control('smtproutes', `:127.0.0.1:${server.port}\n`)
  assert.match(await remote('x.example', 'a@b\r\nRCPT TO:<evil@x.example', 'c@x.example'), /^D[^\0]*\(#5\.1\.7\)\n\0$/)
  assert.match(await remote('x.example', 'a@b', 'c\nd@x.example', 'c\rd@x.example'), /^(h[^\0]*\(#5\.1\.3\)\n\0){2}D[^\0]*\(#5\.1\.3\)\n\0$/)
  assert.match(await remote('x.example', 'a@b', 'c\r\nDATA\r\n@x.example', 'e@x.example'), /^h[^\0]*\(#5\.1\.3\)\n\0r\0K/)
  const heard = await server.heard()
  assert.equal(heard.length, 1)
  assert.match(heard[0] ?? '', /^HELO [^\r]*\r\nMAIL FROM:<a@b>\r\nRCPT TO:<e@x\.example>\r\nDATA\r\nSubject: x\r\n/)
})
