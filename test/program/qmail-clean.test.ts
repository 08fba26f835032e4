import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmdirSync, utimesSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { attachStrace, withoutStrace } from '../helpers/strace.ts'
import { until } from '../helpers/suite.ts'

const home = makeHome()
const lay = (...files: string[]): void => {
  for (const file of files) writeFileSync(home.at('queue', file), 'x')
}
const has = (file: string): boolean => existsSync(home.at('queue', file))

test('foop removes intd and mess, todo removes intd and todo; what is not there is no trouble', () => {
  lay('mess/12/1001', 'intd/1001', 'mess/13/1002', 'intd/1002', 'todo/1002')
  const r = runProgram(home, 'qmail-clean', { input: 'foop/1001\0todo/1002\0foop/1001\0' })
  assert.deepEqual([r.exit, r.stdout], [0, '+++'])
  assert.deepEqual(['mess/12/1001', 'intd/1001', 'intd/1002', 'todo/1002', 'mess/13/1002'].map(has), [false, false, false, false, true])
})

test('what cannot be removed is answered with !, and the message stays when its envelope does', () => {
  lay('mess/14/1003')
  const r0 = runProgram(home, 'qmail-clean', { input: '' })
  assert.equal(r0.exit, 0)
  const folder = home.at('queue/intd/1003')
  runProgram(home, '/bin/mkdir', { args: [folder] })
  const r = runProgram(home, 'qmail-clean', { input: 'foop/1003\0todo/1003\0' })
  assert.deepEqual([r.exit, r.stdout, has('mess/14/1003')], [0, '!!', true])
  runProgram(home, '/bin/rmdir', { args: [folder] })
})

test('anything that is not a command is answered with x and touches nothing', () => {
  lay('mess/12/1001', 'todo/1001')
  const odd = [
    '',
    'foop/',
    'todo/x',
    'foop/1001x',
    'foop/-1001',
    'foop/../1001',
    'FOOP/1001',
    'foop 1001',
    'mess/1001',
    ` foop/1001`,
    `foop/${'0'.repeat(95)}1001`
  ]
  const r = runProgram(home, 'qmail-clean', { input: `${odd.join('\0')}\0` })
  assert.deepEqual([r.exit, r.stdout], [0, 'x'.repeat(odd.length)])
  assert.ok(has('mess/12/1001') && has('todo/1001'))
})

test('a command of 100 bytes with its NUL is one; leading zeros are accepted', () => {
  const r = runProgram(home, 'qmail-clean', { input: `todo/${'0'.repeat(90)}1001\0foop/01001\0` })
  assert.deepEqual([r.stdout, has('mess/12/1001'), has('todo/1001')], ['++', false, false])
})

test('a command without its NUL is not done, however long', () => {
  lay('mess/12/1001')
  assert.equal(runProgram(home, 'qmail-clean', { input: 'foop/1001' }).stdout, '')
  assert.equal(runProgram(home, 'qmail-clean', { input: `foop/${'1'.repeat(300_000)}` }).stdout, '')
  assert.ok(has('mess/12/1001'))
})

test('many commands at once are answered in their order, whatever each comes to', () => {
  const ids = Array.from({ length: 100 }, (_, n) => 50_000 + n)
  const mess = (id: number): string => `mess/${id % 23}/${id}`
  const isStuck = (id: number): boolean => id % 7 === 0
  for (const id of ids) {
    if (isStuck(id)) mkdirSync(home.at('queue', mess(id)))
    else lay(mess(id), `intd/${id}`)
  }
  const r = runProgram(home, 'qmail-clean', { input: ids.map((id) => `foop/${id}\0${id % 10 === 0 ? 'odd\0' : ''}`).join('') })
  assert.equal(r.stdout, ids.map((id) => `${isStuck(id) ? '!' : '+'}${id % 10 === 0 ? 'x' : ''}`).join(''))
  assert.deepEqual(
    ids.filter((id) => has(mess(id)) || has(`intd/${id}`)),
    ids.filter(isStuck)
  )
  for (const id of ids.filter(isStuck)) rmdirSync(home.at('queue', mess(id)))
})

test('two commands about one message are done one after the other, also among many', { skip: withoutStrace }, async () => {
  const ids = Array.from({ length: 10 }, (_, n) => 60_000 + n)
  for (const id of ids) lay(`mess/${id % 23}/${id}`, `todo/${id}`)
  const child = spawn(home.at('bin', 'qmail-clean'), [], { stdio: ['pipe', 'pipe', 'inherit'], env: { PATH: '/usr/bin:/bin' } })
  let answers = ''
  child.stdout.on('data', (d: Buffer) => {
    answers += d.toString('latin1')
  })
  child.stdin.write('foop/4242\0')
  await until('it to be at work', () => answers === '+')
  const tracer = await attachStrace(home, child.pid ?? 0, ['-e', 'trace=unlink,unlinkat', '-e', 'inject=unlink,unlinkat:delay_enter=20000'])
  child.stdin.write(ids.map((id) => `todo/${id}\0`).join('') + ids.map((id) => `foop/0${id}\0`).join(''))
  await until('the answers', () => answers === '+'.repeat(2 * ids.length + 1))
  const begun = [...(await tracer.end()).matchAll(/unlink(?:at)?\((?:AT_FDCWD, )?"[^"]*(todo|mess)\//g)].map(([, folder]) => folder)
  assert.deepEqual(begun, [...ids.map(() => 'todo'), ...ids.map(() => 'mess')])
  child.stdin.end()
})

test('pid is swept of what is 36 hours old at the start and after every 31st command', async () => {
  const old = (name: string): void => {
    lay(`pid/${name}`)
    utimesSync(home.at('queue/pid', name), 1, 1)
  }
  old('a')
  lay('pid/young')
  const child = spawn(home.at('bin', 'qmail-clean'), [], { stdio: ['pipe', 'pipe', 'inherit'], env: { PATH: '/usr/bin:/bin' } })
  let answers = ''
  child.stdout.on('data', (d: Buffer) => {
    answers += d.toString('latin1')
  })
  await until('the first sweep', () => !has('pid/a'))
  old('b')
  child.stdin.write('foop/4242\0'.repeat(30))
  await until('30 answers', () => answers.length === 30)
  assert.deepEqual(readdirSync(home.at('queue/pid')), ['b', 'young'])
  child.stdin.write('foop/4242\0')
  await until('31 answers', () => answers.length === 31)
  await until('the second sweep', () => !has('pid/b'))
  assert.ok(has('pid/young'))
  child.stdin.end()
})

test('commands in pieces, on a non-blocking socket, without spinning', async () => {
  const order = 'exec "$1" 0<&3 1>&4'
  const child = spawn('/bin/sh', ['-c', order, 'sh', home.at('bin', 'qmail-clean')], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin' }
  })
  const exit = new Promise((resolve) => child.on('exit', resolve))
  const [, , , commands, answers] = child.stdio as unknown as [null, null, null, NodeJS.WritableStream, NodeJS.ReadableStream]
  let heard = ''
  answers.on('data', (d: Buffer) => {
    heard += d.toString('latin1')
  })
  for (const piece of ['fo', 'op/1', '001\0to', 'do/77\0', 'x\0']) {
    const before = heard.length
    commands.write(piece)
    if (piece.includes('\0')) await until('an answer', () => heard.length > before)
  }
  assert.equal(heard, '++x')
  assert.ok(!has('mess/12/1001'))
  commands.end()
  assert.equal(await exit, 0)
})

test('exit 100 when nobody takes the answers', async () => {
  const child = spawn(home.at('bin', 'qmail-clean'), [], { stdio: ['pipe', 'pipe', 'inherit'], env: { PATH: '/usr/bin:/bin' } })
  const exit = new Promise((resolve) => child.on('exit', resolve))
  child.stdout.destroy()
  child.stdin.write('foop/4242\0')
  assert.equal(await exit, 100)
})
