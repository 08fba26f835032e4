import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const PASSWD = 'root:x:0:0::/root:/bin/sh\nalias:x:7790:2108::/a:/s\njoe:x:100:200:Joe:/h/joe:/bin/sh\nBig:x:102:202::/h/big:/s\n'
const run = (args: string[], input = PASSWD) => runProgram(home, 'qmail-pw2u', { args, input })

test('its table is one that qmail-newu takes, an append without a last line end too', () => {
  writeFileSync(home.at('users', 'append'), '=x:y:1:2:/z:::')
  const r = run(['-H'])
  assert.equal(r.exit, 0)
  writeFileSync(home.at('users', 'assign'), r.stdout)
  assert.deepEqual(runProgram(home, 'qmail-newu'), { exit: 0, stdout: '', stderr: '' })
  assert.match(readFileSync(home.at('users', 'cdb'), 'latin1'), /!x\0y\0/)
  rmSync(home.at('users', 'append'))
})

test('nothing is printed unless all is well', () => {
  assert.deepEqual(run(['-H'], 'joe:x:100:200::/h:/s\n'), { exit: 111, stdout: '', stderr: 'qmail-pw2u: fatal: unable to find alias user\n' })
  writeFileSync(home.at('users', 'subusers'), 'info:nobody:pre:\n')
  assert.deepEqual(run(['-H']), { exit: 111, stdout: '', stderr: 'qmail-pw2u: fatal: unable to find nobody user for subuser\n' })
  rmSync(home.at('users', 'subusers'))
  assert.match(run(['-h']).stderr, /unable to stat \/a: file does not exist/)
  assert.equal(run(['-x']).exit, 100)
})

test('what is no number never becomes user or group 0', () => {
  const lines = run(['-HC'], `${PASSWD}odd:x:1x:5::/o:/s\neven:x:5:::/e:/s\n`).stdout
  assert.doesNotMatch(lines, /odd|even/)
})
