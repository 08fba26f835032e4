import assert from 'node:assert/strict'
import { withALabels } from '../../src/format/unicode/a-labels.ts'
import { isUtf8Address } from '../../src/format/unicode/utf8.ts'
import { parseNotes } from '../../src/queue/notes.ts'
import { Budget } from '../../src/serve/budget.ts'
import { Session } from '../../src/smtpd/session.ts'
import { base, rig } from '../helpers/smtpd-rig.ts'
import { fuzz, memoryQueue } from './harness.ts'

const BUDGET_BYTES = 1 << 20
const ENVELOPE = 'EHLO c.example\r\nMAIL FROM:<a@b> SIZE=20 BODY=8BITMIME\r\nRCPT TO:<c@x>\r\nDATA\r\n'

fuzz('qmail-smtpd', {
  corpus: [
    `${ENVELOPE}Subject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n`,
    `HELO x\r\nMAIL FROM:<"q \\" u"@b>\r\nRCPT TO:<@r,@s:c@y.x>\r\nRCPT TO:<d@[127.0.0.1]>\r\nDATA\r\n${'Received: x\r\n'.repeat(30)}\r\nx\r\n.\r\n${ENVELOPE}x\r\n.\r\nRSET\r\nNOOP\r\nVRFY x\r\nHELP\r\nQUIT\r\n`,
    `EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@x>\r\nBDAT 14\r\nSubject: x\r\n\r\nBDAT 6\r\nQUIT\r\nBDAT 7 LAST\r\n\n.\rx.\r\nMAIL FROM:<>\r\nRCPT TO:<d@x>\r\nBDAT 0 LAST\r\nBDAT 4\r\nQUITQUIT\r\n`,
    'EHLO x\r\nMAIL FROM:<j\xc3\xbc@\xc3\xa4.x> SMTPUTF8 RET=HDRS\r\nRCPT TO:<"\xc3\xbc \xe2\x82\xac"@b\xc3\xbc.x> ORCPT=utf-8;\xc3\xbc@x\r\nDATA\r\n\xc3\xbc: x\r\n\r\n.\r\n',
    'XFORWARD NAME=a+2B ADDR=IPV6:::1 HELO=x\r\nXFORWARD IDENT=[UNAVAILABLE]\r\nXCLIENT NAME=[TEMPUNAVAIL] ADDR=192.0.2.9 PORT=25 PROTO=ESMTP HELO=h LOGIN=joe+40x DESTADDR=IPV6:2001:db8::1 DESTPORT=587\r\n',
    `${ENVELOPE}${'long line '.repeat(50)}\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<e@x>\r\nDATA\r\n.\r\n`
  ],
  words: [
    '\r\n',
    '\n',
    '\r',
    '.',
    '\r\n.\r\n',
    '\n.\n',
    '<',
    '>',
    '"',
    '\\',
    '@',
    ' ',
    '\0',
    'SIZE=',
    ' SMTPUTF8',
    'XCLIENT ADDR=',
    'XFORWARD NAME=',
    '+0A',
    '+00',
    '[UNAVAILABLE]',
    '\xc3\xbc',
    '\xff',
    '\xef\xbc\x91',
    'ORCPT=utf-8;',
    'DATA\r\n',
    'MAIL FROM:<a@b>\r\n',
    'RCPT TO:<c@x>\r\n',
    'RSET\r\n',
    'BDAT 5\r\n',
    'BDAT 0 LAST\r\n',
    ' LAST',
    'QUIT\r\n'
  ],
  run: async (chunks, random) => {
    const queue = memoryQueue()
    const budget = new Budget(BUDGET_BYTES)
    const settings = {
      ...base(),
      rcpthosts: new Set(['x', '.x']),
      maxErrors: 5,
      xclient: ['4:'],
      esmtp: ['PIPELINING', 'SIZE', '8BITMIME', 'ENHANCEDSTATUSCODES', 'CHUNKING', 'SMTPUTF8', 'DSN']
    }
    let said = ''
    const write = (text: string): undefined => {
      said += text
    }
    const { options } = rig({
      settings,
      budget,
      front: { mayBeOther: true, mayForward: true },
      open: queue.open,
      maxBytes: random.pick([100, Number.POSITIVE_INFINITY]),
      write
    }).session
    const session = new Session(options)
    session.greet()
    for (const chunk of chunks) if (session.exit === undefined) await session.feed(chunk)
    for (const [name, value] of [...(session.other ?? []), ...(session.state.forwarded ?? [])])
      assert.ok(value === undefined || /^[ -~\x80-\xff]{1,255}$/.test(value), `${name} is no value: ${value}`)
    await session.hangUp()
    assert.ok([0, 1].includes(session.exit ?? -1), `exit ${session.exit}`)
    assert.equal(queue.left(), 0, 'a message is neither finished nor given up')
    assert.ok(budget.take(BUDGET_BYTES), 'memory is not given back')
    for (const { sender, recipients, notes } of queue.taken) {
      assert.ok(recipients.length > 0 && recipients.every((r) => /@(.*\.)?x$|^[^@]*$/i.test(withALabels(r))), String(recipients))
      for (const address of [sender, ...recipients]) assert.ok(!/[\r\n\0]/.test(address), 'an address is more than one line')
      if (notes !== undefined) assert.ok(parseNotes(notes), notes)
      if (notes?.includes('utf8')) for (const address of [sender, ...recipients]) assert.ok(isUtf8Address(address), 'an address is no UTF-8')
    }
    assert.match(said, /^(\d{3}[ -][^\r\n]*\r\n)+$/)
  }
})
