import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WireBody } from '../../../src/pop3/wire-body.ts'

/** What is sent of a message that is read in these chunks. */
const sent = (chunks: string[], lines?: number): string => {
  const body = new WireBody(lines)
  const parts = chunks.map((chunk) => (body.isOver ? '' : body.push(Buffer.from(chunk, 'latin1')).toString('latin1')))
  return parts.join('') + body.end().toString('latin1')
}

test('the same wherever the file is cut: dots, line ends, the empty line, the last line', () => {
  const table: [text: string, lines: number | undefined, wire: string][] = [
    ['A: b\n\n.dot\nline2\nline3', undefined, 'A: b\r\n\r\n..dot\r\nline2\r\nline3\r\n\r\n.\r\n'],
    ['S: x\n\n1\n.2\n3\n', 2, 'S: x\r\n\r\n1\r\n..2\r\n\r\n.\r\n'],
    ['S: x\n\n1\n', 0, 'S: x\r\n\r\n\r\n.\r\n'],
    ['.\n..\n.x\n', 0, '..\r\n...\r\n..x\r\n\r\n.\r\n'],
    ['S: x\r\n\r\nb\r\n', undefined, 'S: x\r\r\n\r\r\nb\r\r\n\r\n.\r\n'],
    ['', undefined, '\r\n.\r\n'],
    ['\n\n\n', 1, '\r\n\r\n\r\n.\r\n']
  ]
  for (const [text, lines, wire] of table) {
    assert.equal(sent([text], lines), wire, JSON.stringify(text))
    assert.equal(sent([...text], lines), wire, JSON.stringify(text))
    for (let at = 1; at < text.length; at++) assert.equal(sent([text.slice(0, at), text.slice(at)], lines), wire, `${JSON.stringify(text)} at ${at}`)
  }
})
