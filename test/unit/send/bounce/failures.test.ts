import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { failuresIn } from '../../../../src/send/bounce/failures.ts'
import { paragraph } from '../../../../src/send/bounce/text.ts'

const scratch = mkdtempSync(join(tmpdir(), 'failures-'))
after(() => rmSync(scratch, { recursive: true }))
const read = (text: string) => {
  const file = join(scratch, 'bounce')
  writeFileSync(file, Buffer.from(text, 'latin1'))
  return [...failuresIn(file)]
}

test('what was written as paragraphs is read as recipients, whatever their texts', () => {
  const texts = ['nope\n\n\nx\n', '', 'x\n\n', '<fake@x>:\nno\n', '\n<fake@y>:\n', '--- Below this line\n', '\xe9\r\n']
  const all = texts.map((text, n) => paragraph(`r${n}@x>:`, text)).join('')
  assert.deepEqual(
    read(all).map(({ recipient, isLast }) => [recipient, isLast]),
    texts.map((_, n) => [`r${n}@x>:`, n === texts.length - 1])
  )
  assert.deepEqual(
    read(all).map(({ text }) => text),
    ['nope\n//x\n', '', 'x\n', '<fake@x>:\nno\n', '/<fake@y>:\n', '--- Below this line\n', '\xe9\r\n']
  )
})

test('a file that is cut short, empty, or of other text is read as far as it goes', () => {
  assert.deepEqual(read(''), [])
  assert.deepEqual(read('\n\nhello\n\n'), [])
  assert.deepEqual(read('<a@x>:\nno mo'), [{ recipient: 'a@x', text: 'no mo\n', isLast: true }])
})

test('many recipients, and far too long a text, are read piece by piece', () => {
  const many = Array.from({ length: 5000 }, (_, n) => paragraph(`r${n}@x`, 'some text that tells why\n')).join('')
  const found = read(`${many}${paragraph('long@x', `${'y'.repeat(99)}\n`.repeat(20_000))}${paragraph('z@x', 'no')}`)
  assert.equal(found.length, 5002)
  assert.ok((found[5000]?.text.length ?? 0) < 20_000)
  assert.deepEqual(found[5001], { recipient: 'z@x', text: 'no\n', isLast: true })
})
