import assert from 'node:assert/strict'
import { test } from 'node:test'
import { masked } from '../../../src/send/log.ts'
import { ReportParser } from '../../../src/send/reports.ts'

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

test('reports are found however they are cut; slot 0 is not the end of anything', () => {
  const stream = '\0Kok\n\0\x05Zlater\0\x03\0\0D\0'
  const wanted = [
    { slot: 0, letter: 'K', text: 'ok\n' },
    { slot: 5, letter: 'Z', text: 'later' },
    { slot: 3, letter: '', text: '' },
    { slot: 0, letter: 'D', text: '' }
  ]
  for (let size = 1; size <= stream.length; size++) {
    const parser = new ReportParser()
    const found = []
    for (let at = 0; at < stream.length; at += size) found.push(...parser.push(bytes(stream.slice(at, at + size))))
    assert.deepEqual(found, wanted, `in pieces of ${size}`)
  }
})

test('of a long report 9998 bytes of text count, and the next one is found', () => {
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

test('text from outside is masked for the log', () => {
  assert.equal(masked('\x80\xff%\t\x7f~!\r\n'), '_____~!_/')
  assert.equal(masked('send er@b%%c.org'), 'send_er@b__c.org')
})
