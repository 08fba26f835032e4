import assert from 'node:assert/strict'
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { beforeEach, test } from 'node:test'
import { systemResolver } from '../../../src/net/dns.ts'
import type { Resolvers } from '../../../src/net/secure-dns.ts'
import { deliver } from '../../../src/remote/deliver.ts'
import type { Delivery } from '../../../src/remote/delivery.ts'
import { dnsZone } from '../../helpers/dns-zone.ts'
import { makeHome } from '../../helpers/home.ts'
import { smtpScript } from '../../helpers/smtp-script.ts'

const bytes = (text: string): string => Buffer.from(text).toString('latin1')
const home = makeHome()
const { server: dns, questions } = await dnsZone({
  'relay.t': { a: ['127.0.0.2', '127.0.0.1'] },
  'xn--bcher-kva.example': { mx: [[10, '']] }
})
const resolvers: Resolvers = { plain: systemResolver({ DNSCACHEIP: dns }), secure: async () => undefined }
beforeEach(() => home.control('esmtp', 'SIZE\n'))

const TEXT = 'Subject: x\n\nhi\n'
const UTF8_TEXT = bytes('Subject: ü\n\nhi\n')
const NOTED = { items: ['v=1', 'utf8'], recipients: new Map() }
const PATH = bytes('jürgen.x@bücher.example')
const EHLO = '250-hi\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n'
const OLD = '250-hi\r\n250 8BITMIME\r\n'
const REST = ['hear', '250 s\r\n', 'hear', '250 r\r\n', 'hear', '354 go\r\n', 'hear all', '250 done\r\n']

const send = (over: Partial<Delivery> = {}): Promise<string> =>
  deliver(home.path, { host: 'x.example', sender: 's@x', recipients: ['r@x.example'], notes: NOTED, message: Buffer.from(TEXT), ...over }, resolvers)
const talk = async (ehlo: string, over?: Partial<Delivery>): Promise<{ reports: string; heard: string }> => {
  const server = await smtpScript(['220 hi\r\n', 'hear', ehlo, ...REST])
  home.control('smtproutes', `:127.0.0.1:${server.port}\n`)
  const reports = await send(over)
  return { reports, heard: (await server.heard()).join('') }
}
const envelope = (heard: string): string[] => heard.split('\r\n').filter((line) => /^(MAIL|RCPT)/.test(line))

test('a message that came by SMTPUTF8 goes on by it when sender, recipient or header need it', async () => {
  assert.deepEqual(envelope((await talk(EHLO, { recipients: [PATH] })).heard), ['MAIL FROM:<s@x> SMTPUTF8 BODY=8BITMIME', `RCPT TO:<${PATH}>`])
  assert.deepEqual(envelope((await talk(EHLO, { sender: PATH })).heard), [`MAIL FROM:<${PATH}> SMTPUTF8 BODY=8BITMIME`, 'RCPT TO:<r@x.example>'])
  const header = Buffer.from(UTF8_TEXT, 'latin1')
  assert.deepEqual(envelope((await talk(EHLO, { message: header })).heard), ['MAIL FROM:<s@x> SMTPUTF8 BODY=8BITMIME', 'RCPT TO:<r@x.example>'])
  writeFileSync(home.at('message'), header)
  const fd = openSync(home.at('message'), 'r')
  const { heard, reports } = await talk(EHLO, { message: fd })
  closeSync(fd)
  assert.match(heard, /^EHLO [^\r]*\r\nMAIL FROM:<s@x> SMTPUTF8 BODY=8BITMIME\r\n[\s\S]*\r\nSubject: \xc3\xbc\r\n\r\nhi\r\n\.\r\nQUIT\r\n$/)
  assert.match(reports, /^r\0K/)
})

test('only what has to be quoted is', async () => {
  const recipients = [bytes('ü ü@x'), bytes('ü"@x')]
  const server = await smtpScript([
    '220 hi\r\n',
    'hear',
    EHLO,
    'hear',
    '250 s\r\n',
    'hear',
    '250 r\r\n',
    'hear',
    '550 r\r\n',
    'hear',
    '354 go\r\n',
    'hear all',
    '250 done\r\n'
  ])
  home.control('smtproutes', `:127.0.0.1:${server.port}\n`)
  await send({ recipients })
  assert.deepEqual(envelope((await server.heard()).join('')).slice(1), [`RCPT TO:<${bytes('"ü ü"@x')}>`, `RCPT TO:<${bytes('"ü\\""@x')}>`])
})

test('it is not needed for a domain, which goes out in A-labels, nor for the body', async () => {
  const message = Buffer.from(bytes('Subject: x\n\nü\n'), 'latin1')
  const { heard } = await talk(OLD, { sender: bytes('s@bücher.example'), recipients: [bytes('r@Bücher.example')], message })
  assert.deepEqual(envelope(heard), ['MAIL FROM:<s@xn--bcher-kva.example>', 'RCPT TO:<r@xn--bcher-kva.example>'])
  assert.deepEqual(envelope((await talk(EHLO)).heard), ['MAIL FROM:<s@x>', 'RCPT TO:<r@x.example>'])
})

test('a host without it does not get the message: #5.6.7 for an address, #5.6.9 for the header alone', async () => {
  for (const ehlo of [OLD, '250 hi\r\n']) {
    const { reports, heard } = await talk(ehlo, { recipients: [PATH], message: Buffer.from(UTF8_TEXT, 'latin1') })
    assert.equal(reports, 'D127.0.0.1 does not take internationalised mail. (#5.6.7)\n\0')
    assert.match(heard, /^EHLO [^\r]*\r\nQUIT\r\n$/)
  }
  assert.equal((await talk(OLD, { message: Buffer.from(UTF8_TEXT, 'latin1') })).reports, 'D127.0.0.1 does not take internationalised mail. (#5.6.9)\n\0')
})

test('the next address is tried before that', async () => {
  const second = await smtpScript(['220 hi\r\n', 'hear', EHLO, ...REST])
  await smtpScript(['220 hi\r\n', 'hear', OLD, 'hear'], '127.0.0.2', second.port)
  home.control('smtproutes', `:relay.t:${second.port}\n`)
  assert.match(await send({ sender: PATH }), /^r\0K127\.0\.0\.1 accepted/)
})

test('mail that did not come by it, and all mail where it is not used, goes as it is', async () => {
  const over = { recipients: [PATH], sender: 'j\xfc@x', message: Buffer.from(UTF8_TEXT, 'latin1') }
  const asItIs = ['MAIL FROM:<"j\xfc"@x>', `RCPT TO:<"${bytes('jürgen.x')}"@${bytes('bücher.example')}>`]
  assert.deepEqual(envelope((await talk(EHLO, { ...over, notes: undefined })).heard), asItIs)
  assert.deepEqual(envelope((await talk(EHLO, { ...over, notes: { items: ['v=1', 'ret=H'], recipients: new Map() } })).heard), asItIs)
  home.control('esmtp', '-SMTPUTF8\n')
  assert.deepEqual(envelope((await talk(EHLO, over)).heard), asItIs)
  rmSync(home.at('control', 'esmtp'))
  assert.deepEqual(envelope((await talk(EHLO, over)).heard), asItIs)
})

test('DNS is asked for A-labels; control/smtproutes may have a domain in either form', async () => {
  rmSync(home.at('control', 'smtproutes'))
  assert.match(await send({ host: bytes('Bücher.example'), recipients: [PATH] }), /^DSorry, xn--bcher-kva\.example says that it takes no mail/)
  assert.ok(questions.includes('MX xn--bcher-kva.example'), questions.join())
  for (const domain of ['xn--bcher-kva.example', bytes('bücher.example')]) {
    const server = await smtpScript(['220 hi\r\n', 'hear', EHLO, ...REST])
    home.control('smtproutes', `${domain}:127.0.0.1:${server.port}\n`)
    assert.match(await send({ host: bytes('Bücher.example'), recipients: [PATH] }), /^r\0K/)
  }
})
