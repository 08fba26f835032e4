import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { queued } from '../helpers/auth.ts'
import { client } from '../helpers/dialogue.ts'
import { makeHome } from '../helpers/home.ts'
import { startQueued, startSmtpd, until } from '../helpers/suite.ts'

const home = makeHome()
await startQueued(home)
home.control('esmtp', 'PIPELINING\n8BITMIME\nENHANCEDSTATUSCODES\nCHUNKING\n')
const ENVELOPE = 'EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<u@here.example>\r\n'

for (const [gear, options] of Object.entries({ first: [], second: ['-w', '1'] })) {
  test(`a megabyte in chunks, all in one stream, is queued to the byte (${gear} gear)`, async () => {
    const { port } = await startSmtpd(home, options)
    const body = Buffer.alloc(1 << 20, `.dot\r\nQUIT\r\n${gear}\n\xe4\r`, 'latin1')
    const c = client(port)
    c.socket.write(`${ENVELOPE}BDAT 12\r\nSubject: x\r\nBDAT 2\r\n\r\nBDAT ${body.length}\r\n`)
    c.socket.write(body)
    c.say('BDAT 0 LAST\r\nQUIT\r\n')
    assert.match(await c.closed(), /250 2\.0\.0 ok, 12 bytes\r\n250 2\.0\.0 ok, 2 bytes\r\n250 2\.0\.0 ok, 1048576 bytes\r\n250 2\.0\.0 ok \d+ qp \d+\r\n221 /)
    const expected = `Subject: x\n\n${body.toString('latin1').replaceAll('\r\n', '\n')}`
    const text = await until('the message', () => queued(home).find((message) => message.includes(`QUIT\n${gear}\n`)))
    assert.ok(text.endsWith(expected.endsWith('\n') ? expected : `${expected}\n`))
  })
}

test('a client that goes away in a chunk leaves nothing', async () => {
  const { port, daemon } = await startSmtpd(home, ['-w', '1'])
  const before = queued(home).length
  const c = client(port)
  c.say(`${ENVELOPE}BDAT 100 LAST\r\nSubject: gone\r\n`)
  await c.until(/250 2\.1\.5 ok\r\n/)
  c.socket.destroy()
  await until('its end', () => /tcpserver: end \d+ status 256\n/.test(daemon.log()))
  assert.equal(queued(home).length, before)
})

test('a chunk that never comes whole times out, and nothing is queued', async () => {
  home.control('timeoutsmtpd', '3\n')
  const { port } = await startSmtpd(home, ['-w', '1'])
  const before = queued(home).length
  const c = client(port)
  c.say(`${ENVELOPE}BDAT 100 LAST\r\nSubject: late\r\n`)
  assert.match(await c.closed(), /250 2\.1\.5 ok\r\n451 4\.4\.2 timeout \(#4\.4\.2\)\r\n$/)
  assert.equal(queued(home).length, before)
  rmSync(home.at('control', 'timeoutsmtpd'))
})
