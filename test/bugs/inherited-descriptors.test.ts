import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { smtpSend } from '../helpers/smtp.ts'
import { startDaemon, startSmtpd, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'
import { PATIENT } from '../helpers/wait.ts'

test('what the suite was started with beyond descriptor 2 does not reach the programs of .qmail files', PATIENT, async () => {
  const home = makeHome()
  home.control('locals', 'local.example\n')
  home.control('rcpthosts', 'local.example\n')
  const [joe] = makeUsers(home, ['joe'])
  assert.ok(joe)
  joe.lay('.qmail', '|ls /proc/self/fd > seen && mv seen descriptors\n')
  joe.lay('.qmail-more', '|true\n|ls /proc/self/fd > seen-more && mv seen-more more\n')
  const suite = startDaemon(home, '/bin/bash', ['-c', `exec 200</dev/null; exec "${home.at('bin', 'qmail-start')}" ./Maildir/`], 'send')
  const { port } = await startSmtpd(home)
  for (const who of ['joe', 'joe-more']) await smtpSend(port, 's@away.example', [`${who}@local.example`], 'x\n')
  for (const name of ['descriptors', 'more']) {
    await until(`the program for ${name}`, () => existsSync(`${joe.home}/${name}`))
    assert.equal(readFileSync(`${joe.home}/${name}`, 'latin1'), '0\n1\n2\n3\n', 'the last is of the program itself')
  }
  await until('the end of both deliveries', () => /did_0\+0\+1\/[\s\S]*did_0\+0\+2\/|did_0\+0\+2\/[\s\S]*did_0\+0\+1\//.test(suite.log()))
  assert.equal(await suite.stop(), 0)
})
