import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { findRule, parseRule, RulesFile, ruleKeys } from '../../../src/accept/rules.ts'
import { cdbBytes } from '../../../src/format/cdb.ts'

const home = mkdtempSync(join(tmpdir(), 'qm-rules-'))
after(() => rmSync(home, { recursive: true, force: true }))

test('a rule is looked for from the most to the least exact key', () => {
  assert.deepEqual(ruleKeys({ ip: '1.2.3.4', host: 'a.b.c', info: 'joe' }), [
    'joe@1.2.3.4',
    'joe@=a.b.c',
    '1.2.3.4',
    '=a.b.c',
    '1.2.3.',
    '1.2.',
    '1.',
    ...networks('00000001000000100000001100000100', '_'),
    '=.b.c',
    '=.c',
    '=',
    ''
  ])
  const keys = (ip: string): string[] => ruleKeys({ ip, host: undefined, info: undefined })
  assert.deepEqual(keys('1.2.3.4').slice(0, 4), ['1.2.3.4', '1.2.3.', '1.2.', '1.'])
  const v6 = `00100000000000010000110110111000${'0'.repeat(95)}1`
  assert.deepEqual(keys('2001:db8::1'), ['2001:db8::1', '2001:db8::', '2001:db8:', '2001:', ...networks(v6, '^'), ''])
  assert.deepEqual(keys('unknown'), ['unknown', ''])
})

/** From all bits to none. */
const networks = (bits: string, mark: string): string[] => Array.from({ length: bits.length + 1 }, (_, n) => mark + bits.slice(0, bits.length - n))

test('the first record found decides alone', () => {
  const records = new Map([
    ['joe@127.0.0.1', '+WHO=joe\0'],
    ['127.0.0.1', '+RELAYCLIENT=\0+TCPLOCALHOST=movie.edu\0'],
    ['', 'D\0']
  ])
  const find = (info?: string) => findRule((key) => records.get(key), { ip: '127.0.0.1', host: undefined, info })
  assert.deepEqual(find('joe'), { key: 'joe@127.0.0.1', isDenied: false, variables: [['WHO', 'joe']] })
  assert.deepEqual(find('x').variables, [
    ['RELAYCLIENT', ''],
    ['TCPLOCALHOST', 'movie.edu']
  ])
  assert.ok(findRule((key) => records.get(key), { ip: '8.8.8.8', host: undefined, info: undefined }).isDenied)
})

test('a denial may set variables', () => {
  assert.deepEqual(parseRule('D\0+A=b=c\0'), { isDenied: true, variables: [['A', 'b=c']] })
})

test('a rules file that is replaced counts at once; one that is missing or corrupt drops', () => {
  const path = join(home, 'r.cdb')
  const put = (records: [string, string][]): void => {
    writeFileSync(`${path}.tmp`, cdbBytes(records))
    renameSync(`${path}.tmp`, path)
  }
  const peer = { ip: '1.2.3.4', host: undefined, info: undefined }
  const rules = new RulesFile(path, false)
  assert.throws(() => rules.find(peer), { code: 'ENOENT' })
  assert.equal(new RulesFile(path, true).find(peer).isDenied, false)
  put([['1.', 'D\0']])
  assert.equal(rules.find(peer).isDenied, true)
  put([['1.2.3.4', '']])
  assert.equal(rules.find(peer).isDenied, false)
  writeFileSync(path, 'garbage')
  assert.throws(() => rules.find(peer))
  assert.throws(() => new RulesFile(path, true).find(peer))
})
