import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const cwd = mkdtempSync(join(tmpdir(), 'qm-rules-'))
after(() => rmSync(cwd, { recursive: true, force: true }))
const compile = (rules: string) => runProgram(home, 'tcprules', { args: ['r.cdb', 'r.tmp'], input: rules, cwd })
const check = (ip: string, host?: string, info?: string): string => {
  const env = { TCPREMOTEIP: ip, ...(host === undefined ? {} : { TCPREMOTEHOST: host }), ...(info === undefined ? {} : { TCPREMOTEINFO: info }) }
  const r = runProgram(home, 'tcprulescheck', { args: ['r.cdb'], env, cwd })
  assert.deepEqual([r.exit, r.stderr], [0, ''])
  return r.stdout
}

test("the spec's own example", () => {
  const rules =
    'joe@127.0.0.1:allow,WHO="joe"\n127.0.0.1:allow,RELAYCLIENT="",TCPLOCALHOST=/movie.edu/\n10.2-3.:allow,X="range"\n=.example.com:allow,HST="suf"\n=a.example.com:allow,HST="exact"\n=:allow,HST="anyhost"\n:deny\n'
  assert.deepEqual(compile(rules), { exit: 0, stdout: '', stderr: '' })
  const set = (name: string, value: string): string => `set environment variable ${name}=${value}\n`
  assert.equal(check('127.0.0.1'), `rule 127.0.0.1:\n${set('RELAYCLIENT', '')}${set('TCPLOCALHOST', 'movie.edu')}allow connection\n`)
  assert.equal(check('127.0.0.1', undefined, 'joe'), `rule joe@127.0.0.1:\n${set('WHO', 'joe')}allow connection\n`)
  assert.equal(check('10.3.4.5'), `rule 10.3.:\n${set('X', 'range')}allow connection\n`)
  assert.equal(check('8.8.8.8', 'b.example.com'), `rule =.example.com:\n${set('HST', 'suf')}allow connection\n`)
  assert.equal(check('8.8.8.8', 'foo.org'), `rule =:\n${set('HST', 'anyhost')}allow connection\n`)
  assert.equal(check('8.8.8.8'), 'rule :\ndeny connection\n')
})

test('networks: the smallest wins, after prefixes with a dot, before names; IPv6 in any form', () => {
  assert.equal(
    compile('10.0.0.0/8:allow,A="8"\n10.1.0.0/16:allow,A="16"\n10.1.2.:allow,A="dot"\n2001:db8::/32:deny\n2001:db8::5:allow,A="five"\n=.x:allow,A="name"\n')
      .exit,
    0
  )
  assert.match(check('10.9.9.9'), /^rule _00001010:\nset environment variable A=8\n/)
  assert.match(check('10.1.9.9', 'h.x'), /A=16\n/)
  assert.match(check('10.1.2.3'), /A=dot\n/)
  assert.match(check('11.1.2.3', 'h.x'), /A=name\n/)
  assert.match(check('2001:db8::7'), /deny/)
  assert.match(check('2001:0DB8:0::5'), /A=five\n/)
  assert.equal(check('2001:db9::7'), 'default:\nallow connection\n')
})

test('a bad line, an unwritable folder: the old rules stay, and the reason is told', () => {
  assert.equal(compile(':deny\n').exit, 0)
  const before = readFileSync(join(cwd, 'r.cdb'))
  assert.deepEqual(compile(':allow\n:maybe\n'), { exit: 100, stdout: '', stderr: 'tcprules: fatal: unable to parse this line: :maybe\n' })
  assert.deepEqual(readFileSync(join(cwd, 'r.cdb')), before)
  assert.equal(statSync(join(cwd, 'r.cdb')).mode & 0o777, 0o644)
  const r = runProgram(home, 'tcprules', { args: ['r.cdb', 'none/r.tmp'], input: ':allow\n', cwd })
  assert.deepEqual([r.exit, r.stderr], [111, 'tcprules: fatal: unable to create none/r.tmp: file does not exist\n'])
})

test('usage', () => {
  const r = runProgram(home, 'tcprules', { args: ['r.cdb'], cwd })
  assert.deepEqual([r.exit, r.stderr], [100, 'tcprules: usage: tcprules rules.cdb rules.tmp\n'])
})

test('tcprulescheck: a missing or corrupt file is told of', () => {
  assert.deepEqual(runProgram(home, 'tcprulescheck', { args: ['none'], cwd }), {
    exit: 111,
    stdout: '',
    stderr: 'tcprulescheck: fatal: unable to read none: file does not exist\n'
  })
  writeFileSync(join(cwd, 'short.cdb'), Buffer.alloc(100, 0xff))
  const r = runProgram(home, 'tcprulescheck', { args: ['short.cdb'], cwd })
  assert.deepEqual([r.exit, r.stdout], [111, ''])
  assert.match(r.stderr, /unable to read short.cdb: truncated/)
})
