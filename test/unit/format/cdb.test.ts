import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Cdb, cdbBytes, cdbHash } from '../../../src/format/cdb.ts'

const folder = mkdtempSync(join(tmpdir(), 'cdb-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const open = (bytes: Buffer): Cdb => {
  writeFileSync(join(folder, 'f'), bytes)
  return new Cdb(join(folder, 'f'))
}

test('the file of one users/assign entry is the one of the specification', () => {
  const bytes = cdbBytes([
    ['!joe\0', 'u\x001\x002\0/h\0\0'],
    ['', '']
  ])
  assert.equal(bytes.length, 2048 + 63)
  assert.equal(bytes.toString('latin1', 2048, 2048 + 31), '\x05\0\0\0\x0a\0\0\0!joe\0u\x001\x002\0/h\0\0\0\0\0\0\0\0\0\0')
  assert.equal(cdbHash(Buffer.from('')), 5381)
})

test('look-ups find the first of equal keys, and nothing that is not there', () => {
  const many = Array.from({ length: 2000 }, (_, i): [string, string] => [`key${i}`, `data${i}`])
  const cdb = open(cdbBytes([...many, ['dup', 'first'], ['dup', 'second'], ['', 'empty key'], ['\xff\0', '\0\xff']]))
  for (const [key, data] of many) assert.equal(cdb.get(key), data)
  assert.equal(cdb.get('dup'), 'first')
  assert.equal(cdb.get(''), 'empty key')
  assert.equal(cdb.get('\xff\0'), '\0\xff')
  assert.equal(cdb.get('key2000'), undefined)
  cdb.close()
})

test('a cut file is an error, never an absent key', () => {
  const whole = cdbBytes([['key', 'data']])
  for (const length of [0, 100, 2047, 2050, whole.length - 1]) {
    const cdb = open(whole.subarray(0, length))
    assert.throws(() => cdb.get('key'), /truncated cdb file/, `${length} bytes`)
    cdb.close()
  }
})
