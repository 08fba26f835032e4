import assert from 'node:assert/strict'
import { test } from 'node:test'
import { biffText } from '../../../src/delivery/biff.ts'
import { terminalsOf } from '../../../src/delivery/utmp.ts'

const record = (type: number, line: string, user: string, size: number): Buffer => {
  const bytes = Buffer.alloc(size)
  bytes.writeInt16LE(type, 0)
  bytes.write(line, 8)
  bytes.write(user, 44)
  return bytes
}

test('only terminals of logged-in users of that name, below /dev, are found', () => {
  for (const [arch, size] of [
    ['x64', 384],
    ['arm64', 400]
  ] as const) {
    const utmp = Buffer.concat([
      record(7, 'pts/1', 'joe', size),
      record(8, 'pts/2', 'joe', size),
      record(7, 'pts/3', 'joey', size),
      record(7, '../etc/x', 'joe', size),
      record(7, '/etc/x', 'joe', size),
      record(7, 'tty1', 'joe', size),
      Buffer.alloc(5)
    ])
    assert.deepEqual(terminalsOf(utmp, 'joe', arch), ['pts/1', 'tty1'])
  }
  assert.deepEqual(terminalsOf(record(7, 'pts/1', 'joe', 384), 'joe', 'unknown'), [])
})

test('nothing of the message can control a terminal, and little of it is shown', () => {
  const message = Buffer.from(`Subject:  he\x1b[2Jllo\nTo: x\n\n${'body\n'.repeat(50)}`)
  const text = biffText('jo\x07e', 's\n@h', [message].values())
  const [first, second] = text.split('\r\n').slice(1)
  assert.equal(first, '\x07*** TO <jo_e> FROM <s_@h>')
  assert.equal(second?.length, 78)
  assert.ok(second?.startsWith('    he/[2Jllo/body/body/'))
})
