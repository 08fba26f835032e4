import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Usage } from '../../../src/core/failure.ts'
import { callerEnv } from '../../../src/inject/caller.ts'
import { parseSendmailOptions } from '../../../src/inject/sendmail-options.ts'

const parse = (...args: string[]) => parseSendmailOptions('sendmail', args)

test('what known callers pass is taken', () => {
  const calls = [
    ['-FCronDaemon', '-i', '-B8BITMIME', '-oem', 'root'],
    ['-oem', '-oi', '-B8BITMIME', '-f', 'a@b.c', '-N', 'failure,delay', '-R', 'hdrs', '--', 'root'],
    ['-t', '-i', '-fbounce@x.y', 'root'],
    ['-FAnacron', '-odi', 'root'],
    ['-Ac', '-G', '-U', '-n', '-c', '-C', '/x', '-d0.1', '-h', '3', '-L', 'tag', '-O', 'a=b', '-V', 'id', '-X', 'log', '-XV', 'root']
  ]
  for (const call of calls) assert.deepEqual([parse(...call).mode, parse(...call).operands], ['submit', ['root']], call.join(' '))
})

test("sSMTP's and msmtp's options are taken; long words of nobody end the options, as they always did", () => {
  const { useHeader, sender, operands } = parse('-auann', '-apsecret', '-4', '--read-recipients', '--from=a@b', '--file=/etc/msmtprc', '--account=x', 'root')
  assert.deepEqual({ useHeader, sender, operands }, { useHeader: true, sender: 'a@b', operands: ['root'] })
  assert.deepEqual(parse('--other', '-t').operands, ['-t'])
})

test('-f and -r take brackets off; <> is the null sender', () => {
  assert.equal(parse('-f', '<>').sender, '')
  assert.equal(parse('-r', '<a@b>').sender, 'a@b')
  assert.equal(parse('-f', '').sender, '')
})

test('-b says what to do by its first letter', () => {
  const mode = (word: string) => parse(word, 'x').mode
  assert.deepEqual(['-bm', '-bp', '-bsx', '-bi', '-bP', '-bh', '-bH', '-I'].map(mode), [
    'submit',
    'list',
    'smtp',
    'aliases',
    'count',
    'nothing',
    'nothing',
    'aliases'
  ])
  for (const word of ['-bd', '-bD', '-bl', '-ba', '-bC', '-Q', '-Qx']) assert.equal(mode(word), 'refused', word)
})

test('-bp and -bs act at once: nothing after them is judged', () => {
  assert.equal(parse('-bp', '-Z').mode, 'list')
  assert.throws(() => parse('-Z', '-bp'), Usage)
})

test('-q in all its forms flushes; under the name mailq it is wrong', () => {
  for (const word of ['-q', '-q15m', '-qIx', '-qf']) assert.equal(parse(word).isFlush, true)
  assert.throws(() => parseSendmailOptions('mailq', ['-q']), new Usage('mailq: illegal option -- q'))
  assert.equal(parseSendmailOptions('mailq', ['-Ac', '-v', '-oAx']).mode, 'submit')
})

test('-F names the person; -f cancels it and all the environment says of name and host', () => {
  const given = { USER: 'joe', NAME: 'N', MAILHOST: 'h', QMAILNAME: 'Q', PATH: '/bin' }
  assert.deepEqual(callerEnv({ USER: 'joe' }, parse('-F', 'Joe S'), 0), { USER: 'joe', MAILNAME: 'Joe S' })
  assert.deepEqual(callerEnv(given, parse('-f', 'a@b@c', '-F', 'x'), 0), { USER: 'joe', PATH: '/bin', QMAILUSER: 'a@b', QMAILHOST: 'c' })
  assert.deepEqual(callerEnv(given, parse('-f', ''), 0), { USER: 'joe', PATH: '/bin', QMAILUSER: '' })
})

test('a caller without a name gets the one of its uid', () => {
  assert.deepEqual(callerEnv({}, parse(), 0), { USER: 'root' })
  assert.deepEqual(callerEnv({ LOGNAME: '' }, parse(), 0), { LOGNAME: '' })
})
