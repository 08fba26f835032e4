import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completed, MAX_HEADER_BYTES } from '../../../src/smtpd/auth/submitted.ts'
import { ok } from '../../helpers/smtpd-rig.ts'

const NOW = Date.UTC(2026, 10, 27, 9, 8, 7)
const DATE = 'Date: 27 Nov 2026 09:08:07 -0000\n'

/** What a message becomes, given in these pieces behind our own field. */
const through = async (...pieces: string[]): Promise<{ text: string; header: string | undefined }> => {
  let text = ''
  const inner = {
    qp: 7,
    write: (chunk: Buffer): undefined => {
      text += chunk.toString('latin1')
    },
    finish: async () => ok,
    abort: async () => {}
  }
  const { submission, seen } = completed(inner, 'id.example', () => NOW)
  for (const piece of ['Received: us\n', ...pieces]) await submission.write(Buffer.from(piece, 'latin1'))
  assert.equal((await submission.finish('', [])).code, 0)
  return { text, header: seen.header }
}

test('a header gets the Date and Message-ID it lacks, below our field and above its own', async () => {
  const { text, header } = await through('Subject: x\n', '\nDate: body\n')
  assert.match(text, new RegExp(`^Received: us\n${DATE}Message-ID: <20261127090807\\.\\d+\\.\\d+\\.qmail@id\\.example>\nSubject: x\n\nDate: body\n$`))
  assert.equal(header, 'Subject: x\n')
})

test('what is there stays, in any case and however it is cut', async () => {
  const whole = 'date : then\nMESSAGE-ID: <x>\n\nbody\n'
  for (const pieces of [[whole], [...whole], ['date : then\nMESSAGE-ID: <x>\n', '\n', 'body\n']])
    assert.equal((await through(...pieces)).text, `Received: us\n${whole}`)
  assert.equal((await through('Message-ID: <x>\n\n')).text, `Received: us\n${DATE}Message-ID: <x>\n\n`)
})

test('a header alone, an empty one, and nothing at all are messages', async () => {
  assert.match((await through('Date: x\n')).text, /^Received: us\nMessage-ID: <[^>]+>\nDate: x\n$/)
  assert.match((await through('\nbody\n')).text, /^Received: us\nDate: [^\n]*\nMessage-ID: [^\n]*\n\nbody\n$/)
  assert.match((await through()).text, /^Received: us\nDate: [^\n]*\nMessage-ID: [^\n]*\n$/)
})

test('a header too long to be held passes as it is, and what it says is not known', async () => {
  const long = `X: ${'y'.repeat(MAX_HEADER_BYTES)}\n`
  assert.deepEqual(await through(long, 'Subject: x\n\n'), { text: `Received: us\n${long}Subject: x\n\n`, header: undefined })
})

test('two messages of one second have different names', async () => {
  const names = await Promise.all([through('\n'), through('\n')])
  assert.notEqual(names[0]?.text, names[1]?.text)
})
