import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const print = (list: string) => runProgram(home, 'printmaillist', { input: list })

test('entries are lines; what fastforward would pass over is refused', () => {
  assert.deepEqual(print('&a@b\0./f\0/g\0'), { exit: 0, stdout: '&a@b\n./f\n/g\n', stderr: '' })
  assert.equal(print('').exit, 0)
  for (const list of ['&a@b', '&a@b\0x\0', '&a\nb\0', `&${'x'.repeat(899)}\0`, 'a@b.c\n'])
    assert.deepEqual(print(list), { exit: 100, stdout: '', stderr: 'printmaillist: fatal: bad mailing list format\n' }, list.slice(0, 10))
})
