import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommandParser, commandBytes, limitBytes, ReportParser, reportBytes } from '../../../src/queue/spawnproto.ts'

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')
const command = (slot: number, recipient = 'joe@example.org') => ({
  slot,
  message: '10/5325154',
  sender: 's@t',
  recipient,
  others: undefined as string[] | undefined,
  notes: undefined as string | undefined,
  isTooLong: false
})

test('a command is DELNUM and three strings ended by NUL', () => {
  assert.equal(commandBytes(command(0)), '\x0010/5325154\0s@t\0joe@example.org\0')
})

test('commands are found wherever the stream is cut, DELNUM 0 included', () => {
  const all = [command(0), command(7, 'b\xe9@x'), command(119, 'c@x')]
  const stream = bytes(all.map((one) => commandBytes(one)).join(''))
  for (let cut = 0; cut <= stream.length; cut++) {
    const parser = new CommandParser()
    assert.deepEqual([...parser.push(stream.subarray(0, cut)), ...parser.push(stream.subarray(cut))], all)
  }
})

test('a command too long to be held keeps its DELNUM, and the next one is found', () => {
  const parser = new CommandParser()
  const big = bytes('x'.repeat(700_000))
  assert.deepEqual(parser.push(bytes('\x0510/1\0s@t\0')), [])
  assert.deepEqual(parser.push(big), [])
  assert.deepEqual(parser.push(big), [])
  const found = parser.push(bytes(`@x\0${commandBytes(command(6))}`))
  assert.deepEqual([found[0]?.slot, found[0]?.isTooLong], [5, true])
  assert.deepEqual(found[1], command(6))
})

test('a report text is cut at its first NUL', () => {
  assert.equal(reportBytes(3, 'Dabc\0def'), '\x03Dabc\0')
  assert.equal(reportBytes(0, 'K'), '\0K\0')
})

test('reports are found wherever the stream is cut; DELNUM and NUL alone are a report without a letter', () => {
  const stream = bytes('\0Kok\n\0\x03\0\x05Dno\xe9\0\0D\0')
  const all = [
    { slot: 0, letter: 'K', text: 'ok\n' },
    { slot: 3, letter: '', text: '' },
    { slot: 5, letter: 'D', text: 'no\xe9' },
    { slot: 0, letter: 'D', text: '' }
  ]
  for (let cut = 0; cut <= stream.length; cut++) {
    const parser = new ReportParser()
    assert.deepEqual([...parser.push(stream.subarray(0, cut)), ...parser.push(stream.subarray(cut))], all)
  }
})

test('of a report 10000 bytes count, DELNUM and letter included, however it arrives', () => {
  const parser = new ReportParser()
  const reports = [bytes(`\x01D${'a'.repeat(9000)}`), bytes('b'.repeat(9000)), bytes('c\0\x02Kok\0')].flatMap((piece) => parser.push(piece))
  assert.equal(reports[0]?.text, 'a'.repeat(9000) + 'b'.repeat(998))
  assert.deepEqual(reports[1], { slot: 2, letter: 'K', text: 'ok' })
})

test('of a long report 9998 bytes of text count in pieces of any size, and the next one is found', () => {
  for (const size of [100_000, 7, 4096]) {
    const parser = new ReportParser()
    const stream = `\x01D${'x'.repeat(30_000)}\0\x02Kok\0`
    const found = []
    for (let at = 0; at < stream.length; at += size) found.push(...parser.push(bytes(stream.slice(at, at + size))))
    assert.deepEqual(
      found.map(({ slot, letter, text }) => [slot, letter, text.length]),
      [
        [1, 'D', 9998],
        [2, 'K', 2]
      ]
    )
  }
})

test('notes are a fourth field, which a mark at the message name announces', () => {
  const noted = { ...command(0), notes: 'v=1 ret=H r=0,n=N' }
  assert.equal(commandBytes(noted), '\x0010/5325154+\0s@t\0joe@example.org\0v=1 ret=H r=0,n=N\0')
  const all = [noted, command(1), { ...command(43), notes: '' }, command(2)]
  const stream = bytes(all.map((one) => commandBytes(one)).join(''))
  for (let cut = 0; cut <= stream.length; cut++) {
    const parser = new CommandParser()
    assert.deepEqual([...parser.push(stream.subarray(0, cut)), ...parser.push(stream.subarray(cut))], all, `cut at ${cut}`)
  }
  const odd = new CommandParser().push(bytes('+\0s\0r@x\0'))
  assert.deepEqual(odd, [{ slot: 43, message: '', sender: 's', recipient: 'r@x', others: undefined, notes: undefined, isTooLong: false }])
})

test('further recipients follow behind the notes, up to an empty field, which another mark announces', () => {
  const together = { ...command(0), others: ['ann@example.org', 'bob@example.org'] }
  assert.equal(commandBytes(together), '\x0010/5325154*\0s@t\0joe@example.org\0ann@example.org\0bob@example.org\0\0')
  const noted = { ...together, notes: 'v=1 r=1,n=N' }
  assert.equal(commandBytes(noted), '\x0010/5325154+*\0s@t\0joe@example.org\0v=1 r=1,n=N\0ann@example.org\0bob@example.org\0\0')
  const all = [together, command(0), noted, { ...command(0), sender: '', notes: '', others: ['x@y'] }, command(2)]
  for (const width of [1, 2] as const) {
    const stream = bytes(all.map((one) => commandBytes(one, width)).join(''))
    for (let cut = 0; cut <= stream.length; cut++) {
      const parser = new CommandParser(width)
      assert.deepEqual([...parser.push(stream.subarray(0, cut)), ...parser.push(stream.subarray(cut))], all, `cut at ${cut}`)
    }
  }
  assert.deepEqual([limitBytes(1000, 2, 100), limitBytes(1000, 2, 1), limitBytes(120, 1, 100)], ['\0\0\x64\x03\xe8', '\0\x03\xe8', 'x'])
})

test('numbers of two bytes: limit, commands and reports, wherever the stream is cut', () => {
  assert.deepEqual([limitBytes(120, 1), limitBytes(1000, 2)], ['x', '\0\x03\xe8'])
  const all = [command(0), command(256), command(999, 'c@x'), command(7)]
  const stream = bytes(all.map((one) => commandBytes(one, 2)).join(''))
  const said = bytes(`${reportBytes(0, 'Kok', 2)}${reportBytes(256, '', 2)}${reportBytes(999, `Z${'x'.repeat(20_000)}`, 2)}${reportBytes(5, 'Dno', 2)}`)
  for (let cut = 0; cut <= 100; cut++) {
    const parser = new CommandParser(2)
    assert.deepEqual([...parser.push(stream.subarray(0, cut)), ...parser.push(stream.subarray(cut))], all)
    const reports = new ReportParser(2)
    assert.deepEqual(
      [...reports.push(said.subarray(0, cut)), ...reports.push(said.subarray(cut))].map(({ slot, letter, text }) => [slot, letter, text.length]),
      [
        [0, 'K', 2],
        [256, '', 0],
        [999, 'Z', 9998],
        [5, 'D', 2]
      ]
    )
  }
})
