import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { runChild } from '../../../src/os/child.ts'

const PATH = '/usr/bin:/bin'
const run = (file: string, args: string[], env: Record<string, string> = {}) =>
  runChild(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH, ...env } }).stdout.toString('latin1')

test('arguments reach a child byte for byte, UTF-8 or not', () => {
  for (const bytes of [
    'plain',
    '',
    'a b',
    "q'uote$(x)",
    'gr\xc3\xbc\xc3\x9f',
    '\xff\xfe',
    "mixed \xc3\xbc \xe9 'x'",
    'ends in newline\xff\n\n',
    '\xef\xbf\xbd'
  ]) {
    assert.equal(run('printf', ['%s', bytes]), bytes)
    assert.equal(run('printf', ['%s|', 'first', bytes, '\xff']), `first|${bytes}|\xff|`)
  }
})

test('environment values reach a child byte for byte', () => {
  assert.equal(run('/bin/sh', ['-c', 'printf %s "$V"'], { V: '\xff\xc3\xbc' }), '\xff\xc3\xbc')
  assert.equal(run('/bin/sh', ['-c', 'printf %s "$V"'], { V: 'gr\xc3\xbc' }), 'gr\xc3\xbc')
})

test('NODE_ and LD_ variables and our own marks are not handed on', () => {
  const env = run('env', [], { NODE_OPTIONS: '--inspect', NODE_PATH: '/x', LD_PRELOAD: '', QMAIL_RESIDENT: '1', QMAIL_STAYS: '1', KEPT: 'yes' })
  assert.deepEqual(env.trim().split('\n').sort(), ['KEPT=yes', `PATH=${PATH}`])
})

test('under the permission model Node adds nothing to the environment of children', () => {
  const script = `import { runChild } from '${join(import.meta.dirname, '../../../src/os/child.ts')}'
    process.stdout.write(runChild('/usr/bin/env', [], { stdio: ['ignore', 'pipe', 'ignore'], env: { A: 'b' } }).stdout)`
  const r = spawnSync(process.execPath, ['--permission', '--allow-fs-read=*', '--allow-child-process', '--input-type=module', '-e', script], {
    encoding: 'utf8'
  })
  assert.equal(r.stdout, 'A=b\n', r.stderr)
})

test('a program that cannot be run is told apart from one that failed', () => {
  const r = runChild('/nonexistent/program', [], { stdio: ['ignore', 'pipe', 'pipe'], env: {} })
  assert.deepEqual([r.code, r.error !== undefined], [null, true])
  assert.equal(runChild('false', [], { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH } }).code, 1)
})

test('a variable whose name is none to a shell is left out where a shell hands variables on, and is never run', () => {
  const odd = { 'X=1;echo run;Y': '\xff', 'a b': '\xff', 'F%%': '\xff', GOOD: '\xfe' }
  assert.equal(run('/bin/sh', ['-c', 'printf %s "$GOOD"'], odd), '\xfe')
})
