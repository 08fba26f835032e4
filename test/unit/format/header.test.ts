import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitHeader, waivesTls } from '../../../src/format/header.ts'

/** The fields' texts, the separator and the body, whatever pieces the message comes in. */
const split = (message: string, pieceBytes = 1000): { fields: string[]; separator: string; body: string } => {
  const bytes = Buffer.from(message, 'latin1')
  const source = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, i) => bytes.subarray(i * pieceBytes, (i + 1) * pieceBytes)).values()
  const { fields, separator, body } = splitHeader(source)
  return { fields: fields.map((f) => f.text), separator, body: Buffer.concat([body, ...source]).toString('latin1') }
}

test('an empty line ends the header, in pieces of any size', () => {
  for (const size of [1, 2, 3, 5, 1000]) {
    assert.deepEqual(split('A: b\n c\nTo : d\n\nbody\n\nx', size), { fields: ['A: b\n c\n', 'To : d\n'], separator: '\n', body: 'body\n\nx' })
  }
})

test('an end inside the header leaves no separator and no body; a last line gets its end', () => {
  assert.deepEqual(split('A: b'), { fields: ['A: b\n'], separator: '', body: '' })
  assert.deepEqual(split(''), { fields: [], separator: '', body: '' })
})

test('a line that is no field ends the header and begins the body', () => {
  for (const line of ['no colon', ': empty name', 'a b: c', '\xe9: x', '\r']) {
    assert.deepEqual(split(`A: b\n${line}\nmore\n`), { fields: ['A: b\n'], separator: '\n', body: `${line}\nmore\n` }, line)
  }
  assert.deepEqual(split('A: b\nno colon'), { fields: ['A: b\n'], separator: '\n', body: 'no colon\n' })
})

test('a first line that begins with a blank is of the body; later it continues a field, even with blanks only', () => {
  assert.deepEqual(split(' x\n'), { fields: [], separator: '\n', body: ' x\n' })
  assert.deepEqual(split('A: b\n \t\nB: c\n'), { fields: ['A: b\n \t\n', 'B: c\n'], separator: '', body: '' })
})

test('an mbox line becomes a field, and goes before From with a blank', () => {
  assert.deepEqual(split('From joe today\nFrom : x@y\n\n').fields, ['MBOX-Line: From joe today\n', 'MBOX-Line: From : x@y\n'])
})

test('names are compared in lower case, without blanks before the colon', () => {
  assert.deepEqual(
    splitHeader([Buffer.from('To \t: a\nFrom\t: b\n')].values()).fields.map((f) => f.name),
    ['to', 'from']
  )
})

test('TLS-Required: No is found in any case, anywhere in a header, folded or not, and nothing else is', () => {
  for (const header of [
    'TLS-Required: No\n',
    'A: b\ntls-required:no',
    'A: b\nTLS-REQUIRED \t:\n NO \t\nB: c\n',
    'TLS-Required: No\r\nB: c\r\n',
    'TLS-Required: Yes\nTLS-Required: No\n'
  ])
    assert.ok(waivesTls(header), JSON.stringify(header))
  for (const header of [
    '',
    'TLS-Required: Yes\n',
    'TLS-Required: None\n',
    'TLS-Required: No\n t\n',
    'TLS-Required: N\n o\n',
    'X-TLS-Required: No\n',
    'A: b\n TLS-Required: No\n',
    'TLS-Required: (c) No\n'
  ])
    assert.ok(!waivesTls(header), JSON.stringify(header))
})
