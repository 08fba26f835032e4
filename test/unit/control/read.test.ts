import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { lineOf, listOf, mapOf, readSetting } from '../../../src/control/read.ts'
import { Temporary } from '../../../src/core/failure.ts'

const home = mkdtempSync(join(tmpdir(), 'control-'))
after(() => rmSync(home, { recursive: true, force: true }))
mkdirSync(join(home, 'control'))
const lay = (name: string, text: string): void => writeFileSync(join(home, 'control', name), Buffer.from(text, 'latin1'))

test('a one-line file is its first line without trailing blanks; CR and leading blanks stay', () => {
  for (const [text, value] of [
    ['name \t\nrest\n', 'name'],
    ['name', 'name'],
    ['# x\n', '# x'],
    [' a\r\n', ' a\r'],
    ['', ''],
    ['\nname\n', '']
  ]) {
    assert.equal(lineOf(text ?? ''), value)
  }
})

test('a list drops empty lines and those that start with #, and keeps leading blanks', () => {
  assert.deepEqual(listOf('a \n\n#c\n #d\nb\tc\t\nlast'), ['a', ' #d', 'b\tc', 'last'])
  assert.deepEqual(listOf('a\0b\n'), ['a', 'b'])
})

test('a map splits at the first colon, the last of equal keys wins, keys ignore case', () => {
  assert.deepEqual(
    [...mapOf(['A:b:c', 'nocolon', 'x:1', 'X:2', ':all'])],
    [
      ['a', 'b:c'],
      ['x', '2'],
      ['', 'all']
    ]
  )
})

test('missing gives the default, empty does not', () => {
  assert.equal(readSetting(home, 'bouncehost'), 'bouncehost')
  assert.equal(readSetting(home, 'helohost'), undefined)
  lay('me', 'me.example\n')
  assert.equal(readSetting(home, 'bouncehost'), 'me.example')
  lay('bouncehost', '')
  assert.equal(readSetting(home, 'bouncehost'), '')
  assert.equal(readSetting(home, 'locals'), undefined)
  lay('locals', '')
  assert.deepEqual(readSetting(home, 'locals'), [])
})

test('a number is its leading digits, else the default', () => {
  for (const [text, value] of [
    ['30\n', 30],
    ['0', 0],
    ['10junk', 10],
    ['-5', 20],
    ['', 20],
    [' 7', 20]
  ] as const) {
    lay('concurrencyremote', text)
    assert.equal(readSetting(home, 'concurrencyremote'), value, JSON.stringify(text))
  }
})

test('a file that cannot be read is a temporary failure that names it', () => {
  mkdirSync(join(home, 'control', 'databytes'))
  assert.throws(
    () => readSetting(home, 'databytes'),
    (e) => e instanceof Temporary && e.message === 'unable to read control/databytes: is a directory'
  )
})
