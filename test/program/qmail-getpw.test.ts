import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { suiteUser } from '../../src/os/ids.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { until } from '../helpers/suite.ts'

const home = makeHome()
const alias = suiteUser(home.path, 'alias')
const aliasFields = (ext: string): string => `alias\0${alias.uid}\0${alias.gid}\0${alias.home}\0-\0${ext}\0`
const getpw = (local: string) => runProgram(home, 'qmail-getpw', { args: [local] })

test('what is no user goes to the alias user, as it was written', () => {
  for (const local of ['Nobody-Here', 'no.such+user', '-', '', 'root', 'root-x', 'x'.repeat(40), '0', '--help']) {
    assert.deepEqual(getpw(local), { exit: 0, stdout: aliasFields(local), stderr: '' }, local)
  }
})

test('bytes beyond ASCII come out as they went in', () => {
  assert.equal(getpw('jo\u00e9-x').stdout, aliasFields('jo\xc3\xa9-x'))
})

test('the alias user owns its home, so alias-foo and foo share a file', () => {
  assert.equal(getpw('alias-Foo').stdout, aliasFields('Foo'))
})

test('no argument is exit 100, silently', () => {
  assert.deepEqual(runProgram(home, 'qmail-getpw'), { exit: 100, stdout: '', stderr: '' })
})

const canMount = isRoot && spawnSync('unshare', ['-m', 'true']).status === 0
const skip = canMount ? false : 'needs a mount namespace for an /etc/passwd of its own'

/** Accounts as /etc/passwd of a mount namespace; homes below the installation, owned by the uid after the name. */
const accounts: [name: string, uid: number, owner: number | undefined][] = [
  ['joe', 64_401, 64_401],
  ['joe-sub', 64_402, 64_402],
  ['Upper', 64_403, 64_403],
  ['moved', 64_404, undefined],
  ['other', 64_405, 64_401],
  ['zero', 0, 0],
  ['a'.repeat(31), 64_406, 64_406],
  ['b'.repeat(32), 64_407, 64_407]
]
const layAccounts = (): void => {
  const lines = accounts.map(([name, uid, owner]) => {
    const folder = home.at('homes', name)
    if (owner !== undefined) {
      mkdirSync(folder, { recursive: true })
      chownSync(folder, owner, owner)
    }
    return `${name}:x:${uid}:${uid + 1000}::${folder}:/bin/sh\n`
  })
  writeFileSync(home.at('passwd'), `root:x:0:0::/root:/bin/sh\n${lines.join('')}`)
  writeFileSync(home.at('nsswitch'), 'passwd: files\n')
}
const MOUNT = 'mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/nsswitch" /etc/nsswitch.conf && shift && exec "$@"'
const mounted = (command: string[]): string[] => ['-m', '/bin/sh', '-c', MOUNT, 'sh', home.path, ...command]
const user = (name: string, uid: number, dash: string, ext: string): string => `${name}\0${uid}\0${uid + 1000}\0${home.at('homes', name)}\0${dash}\0${ext}\0`

const cases: [local: string, answer: string][] = [
  ['JOE', user('joe', 64_401, '', '')],
  ['Joe-Foo-BAR', user('joe', 64_401, '-', 'Foo-BAR')],
  ['joe-', user('joe', 64_401, '-', '')],
  ['joe-sub-x', user('joe-sub', 64_402, '-', 'x')],
  ['joe-subx', user('joe', 64_401, '-', 'subx')],
  [`${'a'.repeat(31)}-x`, user('a'.repeat(31), 64_406, '-', 'x')],
  ...['upper', 'Upper', 'moved', 'other-x', 'zero', 'b'.repeat(32), 'joe.x', 'joe+x', '-joe'].map((local): [string, string] => [local, aliasFields(local)])
]

test('the longest account that owns its home wins; root, long names, upper-case accounts and homes of others never do', { skip }, () => {
  layAccounts()
  for (const [local, expected] of cases) {
    const r = spawnSync('unshare', mounted([home.at('bin', 'qmail-getpw'), local]))
    assert.equal(r.stdout.toString('latin1'), expected, local)
    assert.equal(r.status, 0)
  }
})

test('the second gear answers the same, many at once, and sees a home that goes away', { skip }, async () => {
  layAccounts()
  const child = spawn('unshare', mounted([home.at('lib', 'node'), home.at('bin', 'qmail-getpw')]), {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: '/usr/bin:/bin', QMAIL_RESIDENT: '1' }
  })
  const ended = new Promise((resolve) => child.on('exit', resolve))
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1')
  })
  const ask = async (number: number, local: string, expected: string): Promise<void> => {
    const [request, answer] = [`${number}\0${local}`, `${number}\x000\0${expected}`]
    child.stdin.write(Buffer.from(`${request.length}:${request},`, 'latin1'))
    await until(`the answer about ${local}`, () => said.includes(`${answer.length}:${answer},`))
  }
  await Promise.all(cases.map(([local, expected], i) => ask(i, local, expected)))
  rmSync(join(home.at('homes', 'joe-sub')), { recursive: true })
  await ask(99, 'joe-sub', user('joe', 64_401, '-', 'sub'))
  child.stdin.end()
  assert.equal(await ended, 0)
})

test('accounts that only getent knows are found by their name alone, and its failure is 118, never "no such user"', { skip }, () => {
  layAccounts()
  const far = home.at('homes', 'far')
  mkdirSync(far, { recursive: true })
  chownSync(far, 64_408, 64_408)
  writeFileSync(home.at('nsswitch'), 'passwd: files ldap\n')
  const account = `far:x:64408:65408::${far}:/bin/sh`
  writeFileSync(
    home.at('getent'),
    `#!/bin/sh\n[ "$1 $2" = "passwd --" ] || exit 3\nshift 2; code=0\nfor name; do case "$name" in far|64408) echo "${account}";; broken) exit 1;; *) code=2;; esac; done; exit $code\n`,
    {
      mode: 0o755
    }
  )
  const run = (local: string) => {
    const r = spawnSync('unshare', [
      '-m',
      '/bin/sh',
      '-c',
      `mount --bind "$1/getent" /usr/bin/getent && ${MOUNT}`,
      'sh',
      home.path,
      home.at('bin', 'qmail-getpw'),
      local
    ])
    return [r.status, r.stdout.toString('latin1')]
  }
  assert.deepEqual(run('Far-x'), [0, user('far', 64_408, '-', 'x')])
  assert.deepEqual(run('64408'), [0, aliasFields('64408')])
  assert.deepEqual(run('joe-x'), [0, user('joe', 64_401, '-', 'x')])
  assert.deepEqual(run('nosuch'), [0, aliasFields('nosuch')])
  assert.deepEqual(run('broken'), [118, ''])
  writeFileSync(home.at('nsswitch'), 'passwd: files # ldap\n')
  assert.deepEqual(run('broken'), [0, aliasFields('broken')])
})
