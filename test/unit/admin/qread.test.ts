import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messageLines } from '../../../src/admin/qread.ts'
import { jsonLine } from '../../../src/format/json.ts'

const head = { entered: new Date(Date.UTC(2023, 10, 14, 22, 13, 20)), bytes: 5, sender: 's@h\xe9', isBouncing: false }

test('a message is a head line and one for each recipient', () => {
  const recipients = [
    { channel: 'local', address: 'a\n@b', isDone: false },
    { channel: 'remote', address: 'c@d', isDone: true }
  ] as const
  assert.equal(
    messageLines({ id: 2002, head, recipients: [...recipients], troubles: [] }),
    '14 Nov 2023 22:13:20 GMT  #2002  5  <s@h_> \n\tlocal\ta_@b\n  done\tremote\tc@d\n'
  )
})

test('a bouncing message says so, and trouble is a warning', () => {
  assert.match(messageLines({ id: 7, head: { ...head, isBouncing: true }, recipients: [], troubles: [] }), /<s@h_> {2}bouncing\n$/)
  assert.equal(messageLines({ id: 7, recipients: [], troubles: ['access denied'] }), 'warning: trouble with #7: access denied\n')
})

test('JSON is one line of ASCII, a byte is one character', () => {
  assert.equal(jsonLine({ a: 'x\xe9\n' }), '{"a":"x\\u00e9\\n"}\n')
})
