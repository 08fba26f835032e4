import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import { Malformed, packName, packQuestion, parseAnswer, type RecordType } from '../../src/net/dns-message.ts'
import { answerIn } from '../../src/net/secure-dns.ts'
import { isMeant, usableRecords } from '../../src/remote/tlsa.ts'
import { fuzz } from './harness.ts'

const NAME = '_25._tcp.mx.example'
const ID = 0x4142
const TYPES = ['A', 'AAAA', 'MX', 'TLSA'] as const
const questionFor = (type: RecordType): Buffer => {
  const question = packQuestion(ID, NAME, type)
  assert.ok(question)
  return question
}

/** An answer to a question for this type, with these records; each begins with the name it belongs to. */
const answer = (type: RecordType, records: string[], flags = '\x81\xa0'): string => {
  const question = questionFor(type).toString('latin1')
  return `${question.slice(0, 2)}${flags}\0\x01\0${String.fromCharCode(records.length)}\0\0\0\0${question.slice(12, -11)}${records.join('')}`
}
const record = (type: number, data: string, owner = '\xc0\x0c'): string =>
  `${owner}\0${String.fromCharCode(type)}\0\x01\0\0\x0e\x10\0${String.fromCharCode(data.length)}${data}`
const END = '\x03end\xc0\x18'

const check = (type: (typeof TYPES)[number], bytes: Buffer): void => {
  const message = parseAnswer(bytes, questionFor(type))
  for (const { start, end } of message.answers) assert.ok(start <= end && end <= bytes.length)
  const found = answerIn(message, NAME, type)
  if (found.kind === 'temporary') return
  if (found.secureName !== undefined) assert.ok(message.isAuthentic && found.secureName.length <= 4 * 255)
  for (const one of found.kind === 'ok' ? found.records : []) {
    if (typeof one === 'string') assert.ok(isIP(one) > 0, one)
    else if ('exchange' in one)
      assert.ok(one.preference <= 65_535 && /^[!-~]*$/.test(one.exchange) && (one.exchange.includes('\\') || packName(one.exchange)), one.exchange)
    else for (const usable of usableRecords([one])) isMeant(usable, Buffer.from('30820003020100', 'hex'))
  }
}

const CORPUS = [
  answer('A', [record(1, '\x7f\0\0\x01')]),
  answer('A', [record(5, END), record(1, '\x7f\0\0\x02', END)]),
  answer('AAAA', [record(28, `${'\0'.repeat(15)}\x01`)]),
  answer('MX', [record(15, `\0\x0a\x02mx\xc0\x18`), record(15, '\0\x14\0')]),
  answer('TLSA', [record(52, `\x03\x01\x01${'d'.repeat(32)}`), record(52, `\x02\0\x02${'d'.repeat(64)}`), record(52, '\x02\0\0\x30\x03\x02\x01\x01')]),
  answer('TLSA', [], '\x81\x83'),
  answer('TLSA', [], '\x83\x80')
]

test('the inputs that the fuzzed ones are made of are answers', () => {
  for (const [type, text] of [
    ['A', CORPUS[0]],
    ['A', CORPUS[1]],
    ['AAAA', CORPUS[2]],
    ['MX', CORPUS[3]],
    ['TLSA', CORPUS[4]]
  ] as const) {
    const found = answerIn(parseAnswer(Buffer.from(text ?? '', 'latin1'), questionFor(type)), NAME, type)
    assert.ok(found.kind === 'ok' && found.secureName !== undefined, `${type}: ${found.kind}`)
  }
})

fuzz('answers of DNS servers', {
  corpus: CORPUS,
  words: ['\xc0\x0c', '\xc0\x18', '\xc0\xff', '\0', '\x3f', '\x40', '\xff\xff', '\0\x34\0\x01', '\0\x05\0\x01', '\0\0\x0e\x10', '\\', '.'],
  run: (chunks) => {
    const bytes = Buffer.concat(chunks)
    for (const type of TYPES) {
      try {
        check(type, bytes)
      } catch (error) {
        if (!(error instanceof Malformed)) throw error
      }
    }
  }
})
