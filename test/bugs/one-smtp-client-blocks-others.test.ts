import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cdbBytes } from '../../src/format/cdb.ts'
import { isAllowedRecipient } from '../../src/serve/recipients.ts'
import { client } from '../helpers/dialogue.ts'
import { makeHome } from '../helpers/home.ts'
import { startSmtpd, startSuite } from '../helpers/suite.ts'

// `RCPT TO:<a@` and 888 dots took 22 ms of the worker's event loop: morercpthosts.cdb was opened for each dot, and nothing else ran before the whole packet was done.
test('a client that names hosts of many dots holds up nobody', async () => {
  const home = makeHome()
  home.control('rcpthosts', 'local.example\n')
  home.control('maxerrors', '0\n')
  home.control('morercpthosts.cdb', cdbBytes([['more.example', '']]).toString('latin1'))
  await startSuite(home)
  const { port } = await startSmtpd(home, ['-w', '1'])
  const attacker = client(port)
  await attacker.until(/^220 /)
  const worst = ['.'.repeat(888), 'a.'.repeat(127)].map((host) => `RCPT TO:<a@${host}>\r\n`).join('')
  attacker.say(`MAIL FROM:<>\r\n${worst.repeat(20_000)}QUIT\r\n`)
  await attacker.until(/250 ok\r\n553 /)
  const victim = client(port)
  await victim.until(/^220 /)
  for (let n = 1; n <= 20; n++) {
    victim.say('NOOP\r\n')
    await victim.until(new RegExp(`(250 ok\r\n){${n}}`))
  }
  assert.ok(!attacker.heard().includes('221 '), 'the attacker was still at it')
  attacker.socket.destroy()
})

test('what cannot be a host is looked up in no list', () => {
  const asked: string[] = []
  const isInMore = (key: string): boolean => {
    asked.push(key)
    return true
  }
  for (const host of ['.'.repeat(888), `${'a.'.repeat(127)}aa`, 'a..example']) assert.equal(isAllowedRecipient(`a@${host}`, new Set(), isInMore), false, host)
  assert.deepEqual(asked, [])
  assert.equal(
    isAllowedRecipient('a@b.example.', new Set(['.']), () => false),
    true
  )
})
