import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { deliveryEnv as env } from '../helpers/delivery-env.ts'
import { makeHome } from '../helpers/home.ts'
import { queued } from '../helpers/queue-files.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const cwd = mkdtempSync(join(tmpdir(), 'qmdf-'))
after(() => rmSync(cwd, { recursive: true, force: true }))
const MESSAGE = `Subject: hi\n\n${'body\n'.repeat(20_000)}`
const run = (text: string, args = ['.forward']) => {
  writeFileSync(join(cwd, '.forward'), Buffer.from(text, 'latin1'))
  return runProgram(home, 'dot-forward', { args, env, fds: { 0: MESSAGE }, cwd })
}

test('another host and a copy here: forwarded once to all, then the rest of .qmail', () => {
  const r = run('# mine\nx@y.z, \\joe\nAnn <ann@far.example>')
  assert.equal(r.exit, 0)
  assert.match(r.stderr, /^dot-forward: info: qp \d+\n$/)
  const [message, ...more] = queued(home)
  assert.deepEqual(more, [])
  assert.match(message?.envelope ?? '', /Fnew@h\.example\0Tx@y\.z\0Tann@far\.example\0$/)
  assert.ok(message?.message.endsWith(`\nDelivered-To: joe@ex.org\n${MESSAGE}`))
})

test('a command gets the three lines and the whole message, and may open its input again', () => {
  const r = run(`"|cat /dev/stdin > out; printf seen"`)
  assert.deepEqual(r, { exit: 99, stdout: 'seen', stderr: '' })
  assert.equal(readFileSync(join(cwd, 'out'), 'latin1'), `${env.UFLINE}${env.RPLINE}${env.DTLINE}${MESSAGE}`)
})

test("a command's failure ends it, before anything is forwarded; one that does not read is no failure", () => {
  const before = queued(home).length
  for (const [code, exit] of [
    [77, 100],
    [99, 111],
    [1, 111],
    [75, 111]
  ])
    assert.equal(run(`a@b.c, "|exit ${code}"`).exit, exit, `${code}`)
  assert.equal(run('"|kill -9 $$"').exit, 111)
  assert.equal(queued(home).length, before)
  assert.equal(run('"|true"').exit, 99)
})

test('what cannot be read defers and names file and line', () => {
  assert.deepEqual(run('a@b.c\nb@c.d, ('), { exit: 111, stdout: '', stderr: 'dot-forward: fatal: .forward line 2: unable to parse this line: b@c.d, (\n' })
  mkdirSync(join(cwd, 'folder'))
  assert.equal(run('', ['folder']).exit, 111)
})

test('the first file that says something counts; none at all is a delivery', () => {
  writeFileSync(join(cwd, 'empty'), '# nothing\n')
  assert.deepEqual(run('x@y.z', ['-n', 'none', 'empty', '.forward']), { exit: 99, stdout: '', stderr: 'skipping empty file empty\nforward x@y.z\n' })
  assert.deepEqual(run('', ['-n', 'none', 'empty']), { exit: 0, stdout: '', stderr: 'skipping empty file empty\ndirect delivery\n' })
  assert.equal(run('', ['-x']).exit, 100)
})
