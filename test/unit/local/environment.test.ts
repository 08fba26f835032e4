import assert from 'node:assert/strict'
import { test } from 'node:test'
import { environmentOf } from '../../../src/local/environment.ts'
import type { Job } from '../../../src/local/job.ts'

const lines = { deliveredTo: 'D\n', returnPath: 'R\n', from: 'F\n' }
const jobWith = (domain: string, ext: string): Job => ({
  user: 'joe',
  homedir: '/home/joe',
  local: `joe-${ext}`,
  dash: '-',
  ext,
  domain,
  sender: 's@h',
  defaultdelivery: ''
})
const pick = (env: Record<string, string>, ...names: string[]) => names.map((name) => env[name])

test('hosts lose one part at a time, extensions one word at a time', () => {
  const env = environmentOf({}, jobWith('Mail.EX.org.a.b', 'A-B.C-d-e-F'), lines, 'n@h', 'd-e-F')
  assert.deepEqual(pick(env, 'HOST', 'HOST2', 'HOST3', 'HOST4'), ['Mail.EX.org.a.b', 'Mail.EX.org.a', 'Mail.EX.org', 'Mail.EX'])
  assert.deepEqual(pick(env, 'EXT', 'EXT2', 'EXT3', 'EXT4', 'DEFAULT'), ['A-B.C-d-e-F', 'B.C-d-e-F', 'd-e-F', 'e-F', 'd-e-F'])
  assert.deepEqual(pick(env, 'LOCAL', 'RECIPIENT', 'USER', 'HOME'), ['joe-A-B.C-d-e-F', 'joe-A-B.C-d-e-F@Mail.EX.org.a.b', 'joe', '/home/joe'])
  assert.deepEqual(pick(env, 'SENDER', 'NEWSENDER', 'DTLINE', 'RPLINE', 'UFLINE'), ['s@h', 'n@h', 'D\n', 'R\n', 'F\n'])
})

test('a host without dots repeats, an extension without dashes ends', () => {
  const env = environmentOf({}, jobWith('localhost', 'x'), lines, '', undefined)
  assert.deepEqual(pick(env, 'HOST2', 'HOST4', 'EXT2', 'EXT4'), ['localhost', 'localhost', '', ''])
})

test('nothing inherited is removed; an inherited DEFAULT stays unless a default file matched', () => {
  const inherited = { PATH: '/bin', DEFAULT: 'old' }
  assert.deepEqual(pick(environmentOf(inherited, jobWith('h', 'x'), lines, '', undefined), 'PATH', 'DEFAULT'), ['/bin', 'old'])
  assert.equal(environmentOf(inherited, jobWith('h', 'x'), lines, '', '').DEFAULT, '')
})
