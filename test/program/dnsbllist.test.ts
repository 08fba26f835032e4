import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { cdbBytes } from '../../src/format/cdb.ts'
import { suiteUser } from '../../src/os/ids.ts'
import { client } from '../helpers/dialogue.ts'
import { dnsZone } from '../helpers/dns-zone.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { startQueued, until } from '../helpers/suite.ts'

const home = makeHome()
await startQueued(home)
const { server, questions } = await dnsZone({
  '1.0.0.127.block.example': { txt: ['Listed'], a: ['127.0.0.2'] },
  '1.0.0.127.allow.example': { a: ['127.0.0.2'] }
})
const rules = home.at('rules.cdb')
writeFileSync(rules, cdbBytes([]))

/** Starts tcpserver with qmail-smtpd, in one of its gears; the port, and the log so far. */
const start = async (gear: string[]): Promise<{ port: number; log: () => string }> => {
  const { uid, gid } = suiteUser(home.path, 'qmaild')
  const who = isRoot ? ['-u', String(uid), '-g', String(gid)] : []
  const child = spawn(home.at('bin', 'tcpserver'), ['-1', '-vRHl0', ...who, ...gear, '-x', rules, '127.0.0.1', '0', home.at('bin', 'qmail-smtpd')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', DNSCACHEIP: server }
  })
  after(() => child.kill())
  let [out, log] = ['', '']
  child.stdout.on('data', (data) => {
    out += data
  })
  child.stderr.on('data', (data) => {
    log += data
  })
  await until('the port', () => out.endsWith('\n'))
  return { port: Number(out), log: () => log }
}
const talk = async (port: number): Promise<string> => {
  const c = client(port)
  await c.until(/^220 /)
  c.say('EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nQUIT\r\n')
  return (await c.closed()).replace(/\r\n/g, '|')
}

for (const [gear, options] of [
  ['first', []],
  ['second', ['-w', '1']]
] as const) {
  test(`control/dnsbllist turns clients away, in the ${gear} gear`, async () => {
    const { port, log } = await start([...options])
    assert.match(await talk(port), /^220 mail\.example\.org ESMTP\|/, 'without the file')
    home.control('dnsbllist', '-block.example\n')
    assert.equal(await talk(port), '220 rblsmtpd.local|250 rblsmtpd.local|250 rblsmtpd.local|553 Listed|221 rblsmtpd.local|')
    await until('the log', () => /ok (\d+) [\s\S]*\nrblsmtpd: 127\.0\.0\.1 pid \1: 553 Listed\n[\s\S]*tcpserver: end \1 status 0\n/.test(log()))
    home.control('dnsbllist', 'block.example:no %IP%\n')
    assert.match(await talk(port), /\|451 no 127\.0\.0\.1\|/)
    home.control('dnsbllist', '+allow.example\n-block.example\n')
    assert.match(await talk(port), /^220 mail\.example\.org ESMTP\|/, 'an allow list')
    home.control('dnsbllist', '-block.example\n')
    const before = questions.length
    for (const data of ['+RELAYCLIENT=\0', '+RBLSMTPD=\0', '+SUBMISSION=\0', '+SMTPAUTH=!\0']) {
      writeFileSync(rules, cdbBytes([['', data]]))
      assert.match(await talk(port), /^220 mail\.example\.org ESMTP\|/, data)
    }
    assert.equal(questions.length, before, 'nobody was asked')
    writeFileSync(rules, cdbBytes([['', '+RBLSMTPD=-go away\0']]))
    assert.match(await talk(port), /\|553 go away\|/)
    writeFileSync(rules, cdbBytes([]))
    rmSync(home.at('control', 'dnsbllist'))
  })
}
