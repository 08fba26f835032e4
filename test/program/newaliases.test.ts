import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isRoot, makeHome } from '../helpers/home.ts'
import { makeEtc } from '../helpers/private-etc.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const skip = isRoot ? false : 'an /etc of its own takes root'
const rebuild = (etc: ReturnType<typeof makeEtc>, text: string, program = `${home.at('bin', 'newaliases')} -v`) => {
  etc.lay('aliases', text)
  return etc.run(program)
}

test('the table is made, readable by all, and what was made is said; a last line without an end counts', { skip }, () => {
  const etc = makeEtc()
  const r = rebuild(etc, '# system\npostmaster: root\nroot: joe,\n  ann@x.y\nlast: joe')
  assert.deepEqual(r, { exit: 0, stdout: '', stderr: '/etc/aliases: 3 aliases, longest 30 bytes, 73 bytes total\n' })
  assert.equal(statSync(join(etc.path, 'aliases.cdb')).mode & 0o777, 0o644)
  assert.ok(!existsSync(join(etc.path, 'aliases.tmp')))
  const printed = runProgram(home, 'printforward', { fds: { 0: readFileSync(join(etc.path, 'aliases.cdb'), 'latin1') } }).stdout
  assert.equal(printed, 'postmaster@:\n, &root@mail.example.org\n;\nroot@:\n, &ann@x.y\n, &joe@mail.example.org\n;\nlast@:\n, &joe@mail.example.org\n;\n')
})

test('a bad line is named by its number, and the old table stays', { skip }, () => {
  const etc = makeEtc()
  assert.equal(rebuild(etc, 'a: b\n').exit, 0)
  const before = readFileSync(join(etc.path, 'aliases.cdb'))
  for (const [text, exit, words] of [
    ['a: b\n\n# c\nbad: (\n', 111, 'line 4: unable to parse this line: bad: ('],
    ['a:\n', 111, 'line 1: unable to parse this line: a:'],
    ['x: y\nf: /var/mail/f\n', 111, 'line 2: file delivery to /var/mail/f is not supported; control/sendmailaliases says how it is'],
    [`x: ${'y'.repeat(801)}\n`, 100, 'line 1: addresses must be under 800 bytes']
  ] as const)
    assert.deepEqual(rebuild(etc, text), { exit, stdout: '', stderr: `newaliases: fatal: /etc/aliases ${words}\n` })
  assert.deepEqual(readFileSync(join(etc.path, 'aliases.cdb')), before)
})

test('sendmail -bi rebuilds it too', { skip }, () => {
  const etc = makeEtc()
  assert.equal(rebuild(etc, 'a: b\n', `${home.at('bin', 'sendmail')} -bi -v`).exit, 0)
  assert.ok(existsSync(join(etc.path, 'aliases.cdb')))
})
