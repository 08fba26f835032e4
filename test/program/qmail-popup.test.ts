import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { startProgram } from '../helpers/start-program.ts'

const home = makeHome()
const checker = home.at('checker')
writeFileSync(checker, '#!/bin/sh\necho "fd3 $(tr "\\\\0" "|" <&3 | sed "s/<[0-9]*\\.[0-9]*@/<STAMP@/")"\neval "$@"\n')
chmodSync(checker, 0o755)
const go = async (input: string, ...command: string[]): Promise<string> => {
  const r = await startProgram(home, 'qmail-popup', { args: ['pop.example', checker, ...command], input })
  assert.deepEqual([r.exit, r.stderr], [1, ''])
  return r.stdout.replace(/^\+OK <\d+\.\d+@pop\.example>\r\n/, 'HI ')
}
const OK = '+OK \r\n'

test('name and password come to descriptor 3, with the stamp of the greeting, each ended by NUL', async () => {
  assert.equal(await go('USER joe doe\r\nPASS  a b \r\n', 'true'), `HI ${OK}fd3 joe doe|a b |<STAMP@pop.example>|\n`)
  assert.equal(await go('apop joe 0123 x\n', 'true'), 'HI fd3 joe|0123 x|<STAMP@pop.example>|\n')
})

test('a checker that opens descriptor 3 again finds what is there, and the end', async () => {
  writeFileSync(home.at('again'), '#!/bin/sh\ncat /dev/fd/3 | tr "\\0" "|" | sed "s/<[^|]*//"; cat /dev/fd/3; echo end\n', { mode: 0o755 })
  const r = await startProgram(home, 'qmail-popup', { args: ['h', home.at('again')], input: 'USER j\r\nPASS p\r\n' })
  assert.match(r.stdout, /\+OK \r\nj\|p\|\|end\n$/)
})

test('what the client says after its password is for the program, to the byte', async () => {
  assert.equal(await go('USER j\r\nPASS p\r\nSTAT\r\nQUIT\r\n', 'cat'), `HI ${OK}fd3 j|p|<STAMP@pop.example>|\nSTAT\r\nQUIT\r\n`)
})

test('answers before the password', async () => {
  const table: [line: string, answer: string][] = [
    ['PASS x', '-ERR USER first\r\n'],
    ['USER', '-ERR syntax error\r\n'],
    ['APOP joe', '-ERR syntax error\r\n'],
    ['NOOP', OK],
    ['STAT', '-ERR authorization first\r\n'],
    ['CAPA', '-ERR authorization first\r\n'],
    ['', '-ERR authorization first\r\n']
  ]
  for (const [line, answer] of table) assert.equal(await go(`${line}\r\nQUIT\r\n`, 'true'), `HI ${answer}${OK}`, line)
  assert.equal(await go('USER a\r\nPASS\r\nUSER b\r\nPASS x\r\n', 'true'), `HI ${OK}-ERR syntax error\r\n${OK}fd3 b|x|<STAMP@pop.example>|\n`)
})

test('a refusal, a crash and a missing program are told; one attempt', async () => {
  const login = 'USER j\r\nPASS p\r\nUSER j\r\nPASS p\r\n'
  const heard = `HI ${OK}fd3 j|p|<STAMP@pop.example>|\n`
  assert.equal(await go(login, 'exit 1'), `${heard}-ERR authorization failed\r\n`)
  assert.equal(await go(login, 'kill -9 $$'), `${heard}-ERR aack, child crashed\r\n`)
  const r = await startProgram(home, 'qmail-popup', { args: ['h', '/nonexistent'], input: login })
  assert.match(r.stdout, /\+OK \r\n-ERR authorization failed\r\n$/)
  assert.deepEqual([r.exit, r.stderr], [1, ''])
})

test('CAPA is answered where control/pop3capa is; usage, and a client that only listens, end with 1', async () => {
  home.control('pop3capa', 'TOP\nUSER\nUIDL\n')
  assert.equal(await go('CAPA\r\nQUIT\r\n', 'true'), `HI ${OK}TOP\r\nUSER\r\nUIDL\r\n.\r\n${OK}`)
  assert.equal(await go('', 'true'), 'HI ')
  assert.equal(await go('x'.repeat(5000), 'true'), 'HI ')
  const usage = await startProgram(home, 'qmail-popup', { args: ['h'] })
  assert.deepEqual([usage.exit, /^-ERR .*\r\n$/.test(usage.stdout)], [1, true])
})
