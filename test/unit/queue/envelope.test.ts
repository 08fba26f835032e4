import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EnvelopeChecker } from '../../../src/queue/envelope.ts'

const limits = { bytes: 20_000, recipients: 5 }

const check = (text: string, pieceBytes: number): { verdict: number | undefined; kept: string } => {
  const checker = new EnvelopeChecker(limits)
  let kept = ''
  for (let at = 0; at < text.length; at += pieceBytes) {
    const piece = Buffer.from(text.slice(at, at + pieceBytes), 'latin1')
    kept += piece.toString('latin1', 0, checker.push(piece))
  }
  return { verdict: checker.verdict, kept }
}

const address = (length: number): string => 'x'.repeat(length)

const cases: [why: string, envelope: string, verdict: number | undefined, kept?: string][] = [
  ['one recipient', 'Fa@b\0Tc@d\0\0', 0, 'Fa@b\0Tc@d\0'],
  ['no recipient', 'Fa@b\0\0', 0, 'Fa@b\0'],
  ['empty addresses', 'F\0T\0\0', 0, 'F\0T\0'],
  ['what follows the end is not looked at', 'Fa\0Tb\0\0JUNK\0', 0, 'Fa\0Tb\0'],
  ['any byte but NUL, CR and LF in an address', 'F\xff\t \0T\x01\0\0', 0, 'F\xff\t \0T\x01\0'],
  ['LF in the sender', 'Fa\nb\0Tc\0\0', 91],
  ['CR in a recipient', 'Fa\0Tb\r\0\0', 91],
  ['as many recipients as the limit says', 'Fa\0T1\0T2\0T3\0T4\0T5\0\0', 0],
  ['one more', 'Fa\0T1\0T2\0T3\0T4\0T5\0T6\0\0', 11],
  ['nothing', '', undefined],
  ['cut in the sender', 'Fa', undefined],
  ['cut before the end', 'Fa\0Tb\0', undefined],
  ['no F first', 'Xa\0\0', 91],
  ['NUL first', '\0', 91],
  ['no T', 'Fa\0Xb\0\0', 91],
  ['a second F', 'Fa\0Fb\0\0', 91],
  ['1002 bytes in the sender', `F${address(1002)}\0\0`, 0],
  ['1003 bytes in the sender', `F${address(1003)}`, 11],
  ['1002 bytes, cut', `F${address(1002)}`, undefined],
  ['1003 bytes in a recipient', `Fa\0T${address(1003)}\0\0`, 11],
  ['the limit is for each address', `F${address(1000)}\0T${address(1000)}\0T${address(1002)}\0\0`, 0]
]

for (const [why, envelope, verdict, kept] of cases) {
  test(`envelope: ${why}`, () => {
    for (const pieceBytes of [1, 2, 7, 5000]) {
      const result = check(envelope, pieceBytes)
      assert.equal(result.verdict, verdict, `in pieces of ${pieceBytes}`)
      if (kept !== undefined) assert.equal(result.kept, kept)
    }
  })
}

test('envelope: more bytes than the limit says', () => {
  const checker = new EnvelopeChecker({ bytes: 10, recipients: 5 })
  checker.push(Buffer.from('Fabc\0Tabc'))
  assert.equal(checker.verdict, undefined)
  checker.push(Buffer.from('def\0\0'))
  assert.equal(checker.verdict, 11)
})
