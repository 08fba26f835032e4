import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { beforeEach, test } from 'node:test'
import { dnsZone } from '../helpers/dns-zone.ts'
import { makeHome } from '../helpers/home.ts'
import { POLITE, type Script, smtpScript } from '../helpers/smtp-script.ts'
import { startProgram } from '../helpers/start-program.ts'

const home = makeHome()
const { server: dns } = await dnsZone({ 'relay.t': { a: ['127.0.0.2', '127.0.0.1'] } })
beforeEach(() => home.control('esmtp', 'PIPELINING\nSIZE\n'))

const TEXT = 'Subject: x\n\n.hi\n'
const remote = async (recipients: string[] = ['r@x.example'], text = TEXT): Promise<string> => {
  writeFileSync(home.at('message'), text)
  const args = ['x.example', 's@s.example', ...recipients]
  return (await startProgram(home, 'qmail-remote', { args, inputFile: home.at('message'), env: { DNSCACHEIP: dns } })).stdout
}
const talk = async (script: Script, recipients?: string[], text?: string): Promise<{ reports: string; heard: string }> => {
  const server = await smtpScript(script)
  home.control('smtproutes', `:127.0.0.1:${server.port}\n`)
  const reports = await remote(recipients, text)
  return { reports, heard: (await server.heard()).join('|') }
}
const EHLO = '250-hi\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250 HELP\r\n'
const REST = ['hear', '250 s\r\n', 'hear', '250 r\r\n', 'hear', '354 go\r\n', 'hear all', '250 done\r\n']

test('with control/esmtp it says EHLO, and gives the size in the form it is sent, where that is asked for', async () => {
  const { reports, heard } = await talk(['220 hi\r\n', 'hear', EHLO, ...REST])
  assert.match(reports, /^r\0K127\.0\.0\.1 accepted message\./)
  assert.equal(heard, 'EHLO mail.example.org\r\nMAIL FROM:<s@s.example> SIZE=19\r\nRCPT TO:<r@x.example>\r\nDATA\r\nSubject: x\r\n\r\n..hi\r\n.\r\nQUIT\r\n')
})

test('what is not offered, or not wanted, is not used', async () => {
  assert.match((await talk(['220 hi\r\n', 'hear', '250 hi\r\n', ...REST])).heard, /^EHLO [^\r]*\r\nMAIL FROM:<s@s\.example>\r\n/)
  home.control('esmtp', '-SIZE\n')
  assert.match((await talk(['220 hi\r\n', 'hear', EHLO, ...REST])).heard, /^EHLO [^\r]*\r\nMAIL FROM:<s@s\.example>\r\n/)
  rmSync(home.at('control', 'esmtp'))
  assert.match((await talk(['220 hi\r\n', 'hear', EHLO, ...REST])).heard, /^HELO [^\r]*\r\nMAIL FROM:<s@s\.example>\r\n/)
})

test('a server that does not know EHLO is greeted in the old way', async () => {
  const { reports, heard } = await talk(['220 hi\r\n', 'hear', '502 what?\r\n', ...POLITE.slice(1)])
  assert.match(reports, /^r\0K/)
  assert.match(heard, /^EHLO [^\r]*\r\nHELO [^\r]*\r\nMAIL FROM:<s@s\.example>\r\n/)
})

test('commands are pipelined: sender and recipients go out before the first answer, and each answer counts for its own', async () => {
  const answers = '250 s\r\n250 a\r\n450 b\r\n550 c\r\n'
  const script: Script = ['220 hi\r\n', 'hear', EHLO, 'hear', 'hear', 'hear', 'hear', answers, 'hear', '354 go\r\n', 'hear all', '250 done\r\n']
  const { reports } = await talk(script, ['a@x', 'b@x', 'c@x'])
  assert.match(reports, /^r\0s127[^\0]*450 b\n\0h127[^\0]*550 c\n\0K127/)
})

test('a thousand recipients are named in groups, in one session', async () => {
  const recipients = Array.from({ length: 1000 }, (_, n) => `r${n}@x`)
  const script: Script = [
    '220 hi\r\n',
    'hear',
    EHLO,
    'hear',
    '250 s\r\n',
    ...recipients.flatMap(() => ['hear', '250 r\r\n']),
    'hear',
    '354 go\r\n',
    'hear all',
    '250 done\r\n'
  ]
  const { reports, heard } = await talk(script, recipients)
  assert.equal(reports.match(/r\0/g)?.length, 1000)
  assert.deepEqual([...heard.matchAll(/RCPT TO:<(r\d+@x)>/g)].map(([, r]) => r), recipients) // biome-ignore format: one line
})

test('a message larger than the server takes is not offered to it', async () => {
  const { reports, heard } = await talk(['220 hi\r\n', 'hear', EHLO, 'hear'], undefined, `${'x'.repeat(999)}\n`)
  assert.match(reports, /^D[^\0]*too large[^\0]*\(#5\.3\.4\)\n\0$/)
  assert.equal(heard, 'EHLO mail.example.org\r\nQUIT\r\n')
})

test('when the sender is refused, so is the message, whatever else was pipelined', async () => {
  const { reports } = await talk(['220 hi\r\n', 'hear', EHLO, 'hear', 'hear', '550 no\r\n503 no\r\n'])
  assert.equal(reports, 'DConnected to 127.0.0.1 but sender was rejected.\nRemote host said: 550 no\n\0')
})

const doors: [why: string, script: Script][] = [
  ['its greeting is not 220', ['554 go away\r\n']],
  ['it does not like our name', ['220 hi\r\n', 'hear', '421 later\r\n']],
  ['it closes at once', ['close']],
  ['it takes no message of this size', ['220 hi\r\n', 'hear', '250-hi\r\n250 SIZE 1\r\n']]
]
for (const [why, script] of doors) {
  test(`the next address is tried when the first turns us away: ${why}`, async () => {
    const second = await smtpScript(['220 hi\r\n', 'hear', EHLO, ...REST])
    const first = await smtpScript(script, '127.0.0.2', second.port)
    home.control('smtproutes', `:relay.t:${second.port}\n`)
    assert.match(await remote(), /^r\0K127\.0\.0\.1 accepted/)
    assert.equal((await first.heard()).length, 1)
  })
}

test('once it heard of the message, a server has the last word', async () => {
  const second = await smtpScript(['220 hi\r\n', 'hear', EHLO, ...REST])
  await smtpScript(['220 hi\r\n', 'hear', EHLO, 'hear', '451 later\r\n'], '127.0.0.2', second.port)
  home.control('smtproutes', `:relay.t:${second.port}\n`)
  assert.match(await remote(), /^ZConnected to 127\.0\.0\.2 but sender was rejected\./)
  assert.deepEqual(await second.heard(), [])
})

test('control/outgoingip is the address it connects from', async () => {
  const server = await smtpScript(['220 hi\r\n', 'hear', EHLO, ...REST])
  home.control('smtproutes', `:127.0.0.1:${server.port}\n`)
  home.control('outgoingip', '127.0.0.3\n')
  const reports = await remote()
  rmSync(home.at('control', 'outgoingip'))
  assert.match(reports, /^r\0K/)
  assert.deepEqual(server.peers, ['127.0.0.3'])
})

const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))

test('a route may lead to an IPv6 address', { skip: hasIpv6 ? false : 'this machine has no ::1' }, async () => {
  const server = await smtpScript(['220 hi\r\n', 'hear', EHLO, ...REST], '::1')
  home.control('smtproutes', `:[::1]:${server.port}\n`)
  assert.match(await remote(), /^r\0K::1 accepted message\./)
})

const LIMITED = '250-hi\r\n250-PIPELINING\r\n250 LIMITS RCPTMAX=2 MAILMAX=1\r\n'
/** One transaction; `answers` to MAIL and RCPT, and to the message. */
const turn = (answers: string, end = '250 done\r\n'): Script => {
  const commands = answers.split('\r\n').slice(0, -1)
  return ['220 hi\r\n', 'hear', LIMITED, ...commands.map(() => 'hear'), answers, 'hear', '354 go\r\n', 'hear all', end]
}

test('recipients beyond what a host takes for a message go in a next one; each hears what is true for it', async () => {
  const server = await smtpScript(turn('250 s\r\n250 a\r\n550 b\r\n'), '127.0.0.1', 0, { second: turn('250 s\r\n250 c\r\n') })
  home.control('smtproutes', `:127.0.0.1:${server.port}\n`)
  const reports = await remote(['a@x', 'b@x', 'c@x'])
  assert.match(reports, /^r\0h127[^\0]*550 b\n\0r\0K127\.0\.0\.1 accepted message\.[^\0]*\0$/)
  const [first = '', second = ''] = await server.heard()
  assert.deepEqual(first.match(/RCPT TO:<.>?[^>]*>/g), ['RCPT TO:<a@x>', 'RCPT TO:<b@x>'])
  assert.deepEqual(second.match(/RCPT TO:<[^>]*>/g), ['RCPT TO:<c@x>'])
  for (const heard of [first, second]) assert.match(heard, /DATA\r\nSubject: x\r\n\r\n\.\.hi\r\n\.\r\nQUIT\r\n$/)
})

test('what becomes of a later message does not touch recipients that have it; after a failure for now nothing more is tried', async () => {
  const server = await smtpScript(turn('250 s\r\n250 a\r\n250 b\r\n'), '127.0.0.1', 0, { second: turn('250 s\r\n250 c\r\n250 d\r\n', '451 later\r\n') })
  home.control('smtproutes', `:127.0.0.1:${server.port}\n`)
  const reports = await remote(['a@x', 'b@x', 'c@x', 'd@x', 'e@x'])
  assert.match(reports, /^r\0r\0(s127[^\0]*failed after I sent the message\.\n[^\0]*451 later\n\0){3}K127\.0\.0\.1 accepted message\.[^\0]*\0$/)
  assert.equal((await server.heard()).length, 2)
  const refusing = await smtpScript(turn('250 s\r\n250 a\r\n250 b\r\n', '554 never\r\n'), '127.0.0.1', 0, { second: turn('250 s\r\n250 c\r\n') })
  home.control('smtproutes', `:127.0.0.1:${refusing.port}\n`)
  assert.match(await remote(['a@x', 'b@x', 'c@x']), /^(h127[^\0]*554 never\n\0){2}r\0K127/)
})

const EIGHT_BIT = 'Subject: x\n\nna\xefve\n'

test('bytes beyond ASCII go as they are to a host that does not offer to take them, which the report says where it was asked', async () => {
  const { reports, heard } = await talk(['220 hi\r\n', 'hear', EHLO, ...REST], undefined, EIGHT_BIT)
  assert.match(reports, /^r\0K127\.0\.0\.1 accepted message\.\n(TLS: none\.\n)?8bit=sent\.\nRemote host said: 250 done\n\0$/)
  assert.match(heard, /<s@s\.example> SIZE=\d+\r\n.*na.*ve/s)
  assert.doesNotMatch((await talk(['220 hi\r\n', 'hear', EHLO, ...REST])).reports, /8bit/)
  assert.doesNotMatch((await talk(['220 hi\r\n', 'hear', '250-hi\r\n250 8BITMIME\r\n', ...REST], undefined, EIGHT_BIT)).reports, /8bit/)
  rmSync(home.at('control', 'esmtp'))
  assert.doesNotMatch((await talk(['220 hi\r\n', 'hear', EHLO, ...REST], undefined, EIGHT_BIT)).reports, /8bit/, 'who does not ask cannot tell')
})

test('with control/downgrade 1 they bounce there, and nothing else does', async () => {
  home.control('downgrade', '1\n')
  for (const esmtp of [true, false]) {
    if (!esmtp) rmSync(home.at('control', 'esmtp'))
    const { reports, heard } = await talk(['220 hi\r\n', 'hear', EHLO, 'hear', '221 bye\r\n'], undefined, EIGHT_BIT)
    assert.equal(reports, 'D127.0.0.1 does not take 8-bit data. (#5.6.3)\n\0')
    assert.match(heard, /^\w+ [^\r]*\r\nQUIT\r\n$/)
    assert.match((await talk(['220 hi\r\n', 'hear', EHLO, ...REST])).reports, /^r\0K/)
  }
  home.control('esmtp', 'PIPELINING\n')
  assert.match((await talk(['220 hi\r\n', 'hear', '250-hi\r\n250 8BITMIME\r\n', ...REST], undefined, EIGHT_BIT)).reports, /^r\0K/)
  rmSync(home.at('control', 'downgrade'))
})
