import assert from 'node:assert/strict'
import { type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { createHash, createHmac } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { hashPassword } from '../../src/users/password.ts'
import { isRoot, makeHome } from '../helpers/home.ts'

const home = makeHome()
const scratch = mkdtempSync(join(tmpdir(), 'qm-check-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
const needsRoot = isRoot ? false : 'needs root'

/** Runs it with this on descriptor 3 (undefined: nothing there), by way of a file; exit code, output, milliseconds. */
const goFrom = (file: string, data: string | undefined, args: string[]): Promise<{ exit: number | null; stdout: string; ms: number }> => {
  if (data !== undefined) writeFileSync(file, Buffer.from(data, 'latin1'))
  const fds = data === undefined ? [] : [openSync(file, 'r')]
  const start = Date.now()
  const options: SpawnOptions = { stdio: ['ignore', 'pipe', 'inherit', ...fds], env: { PATH: process.env.PATH ?? '' } }
  const child = spawn(home.at('bin', 'checkpassword'), args, options)
  for (const fd of fds) closeSync(fd)
  let stdout = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  return new Promise((resolve) => child.on('close', (exit) => resolve({ exit, stdout, ms: Date.now() - start })))
}
const go = (data: string | undefined, args: string[]) => goFrom(join(scratch, 'data'), data, args)
const login = (name: string, password: string): string => `${name}\0${password}\0<1.2@h>\0`
const SHOW = ['sh', '-c', 'echo "$(id -u) $(id -g) $USER $HOME $SHELL $(pwd)"']

/** An account of this test's own, in an /etc of its own: nothing of the machine changes. */
const NAME = 'qmcheckuser'
const inPrivateEtc = (data: string, program: string): { exit: number | null; stdout: string } => {
  const hash = spawnSync('perl', ['-e', 'print crypt("right pass", "\\$6\\$abcdef")']).stdout.toString()
  writeFileSync(join(scratch, 'data'), Buffer.from(data, 'latin1'))
  const script = `set -e
cp -a /etc/passwd /etc/shadow /etc/group ${scratch}/
echo '${NAME}:x:64993:64993::${scratch}:/bin/dash' >> ${scratch}/passwd
echo '${NAME}:${hash}:19000:0:99999:7:::' >> ${scratch}/shadow
echo '${NAME}x:${hash}:19000:0:99999:7::1:' >> ${scratch}/shadow
echo '${NAME}x:x:64993:64993::${scratch}:/bin/dash' >> ${scratch}/passwd
for f in passwd shadow group; do mount --bind ${scratch}/$f /etc/$f; done
exec ${home.at('bin', 'checkpassword')} sh -c '${program}' 3< ${scratch}/data`
  spawnSync('chmod', ['755', scratch])
  const r = spawnSync('unshare', ['-m', 'sh', '-c', script])
  return { exit: r.status, stdout: r.stdout.toString() + r.stderr.toString() }
}
const hasHelper = existsSync('/sbin/unix_chkpwd') || existsSync('/usr/sbin/unix_chkpwd')

test('misuse is 2: nothing on descriptor 3, too much, not three strings, no program', async () => {
  assert.equal((await go(undefined, ['true'])).exit, 2)
  assert.equal((await go('', ['true'])).exit, 2)
  assert.equal((await go('a\0b\0c', ['true'])).exit, 2)
  assert.equal((await go(login('a', 'x'.repeat(600)), ['true'])).exit, 2)
  assert.equal((await go(login('a', 'b'), [])).exit, 2)
})

test('a system user: the program runs as that user, at home, with its variables', { skip: needsRoot || (hasHelper ? false : 'needs unix_chkpwd') }, () => {
  const r = inPrivateEtc(login(NAME, 'right pass'), 'echo "$(id -u) $(id -g) $USER $HOME $SHELL $(pwd)"')
  assert.deepEqual(r, { exit: 0, stdout: `64993 64993 ${NAME} ${scratch} /bin/dash ${scratch}\n` })
  assert.equal(inPrivateEtc(login(NAME, 'right pass'), 'exit 7').exit, 7)
  for (const password of ['right pas', 'right pass ', '', 'wrong']) assert.equal(inPrivateEtc(login(NAME, password), 'true').exit, 1, password)
  assert.equal(inPrivateEtc(login(`${NAME}x`, 'right pass'), 'true').exit, 1, 'an account that has expired')
})

test('unknown users, wrong passwords and root are refused, after the same time', { skip: needsRoot }, async () => {
  for (const name of ['no-such-user', 'root', 'nobody', '', '-x', 'a\nb']) {
    const { exit, stdout, ms } = await go(login(name, 'guess'), SHOW)
    assert.deepEqual([exit, stdout], [1, ''], name)
    assert.ok(ms >= 2000, `${name}: ${ms} ms`)
  }
})

test('a mailbox of users/virtual: by its address, as the account they all belong to', { skip: needsRoot }, async () => {
  mkdirSync(join(scratch, 'example.org', 'joe'), { recursive: true })
  spawnSync('chmod', ['-R', '755', scratch])
  home.control('virtualuser', `vmail:64994:64994:${scratch}\n`)
  const crypted = spawnSync('perl', ['-e', 'print crypt("other pass", "\\$y\\$j9T\\$abcdefgh")']).stdout.toString()
  writeFileSync(home.at('users', 'virtual'), `bob@example.org:\njoe@example.org:${hashPassword('right pass')}::\nann@example.org:${crypted}::\n`)
  mkdirSync(join(scratch, 'example.org', 'ann'))
  const joe = await go(login('Joe@Example.org', 'right pass'), SHOW)
  assert.deepEqual([joe.exit, joe.stdout], [0, `64994 64994 vmail ${join(scratch, 'example.org', 'joe')} /bin/sh ${join(scratch, 'example.org', 'joe')}\n`])
  assert.equal((await go(login('ann@example.org', 'other pass'), ['true'])).exit, 0)
  for (const [name, password] of [
    ['joe@example.org', 'other pass'],
    ['ann@example.org', 'right pass'],
    ['nobody@example.org', 'right pass'],
    ['joe', 'right pass']
  ] as const) {
    const { exit, ms } = await go(login(name, password), ['true'])
    assert.deepEqual([exit, ms >= 2000], [1, true], name)
  }
  assert.equal((await go(login('bob@example.org', 'x'), ['true'])).exit, 111, 'a wrong line stops its own mailbox alone')
})

const hex = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest('hex')

test("users/authuser, s/qmail's: in clear, hashed, by challenge; system users only as it says", { skip: needsRoot }, async () => {
  const crypted = spawnSync('perl', ['-e', 'print crypt("other pass", "\\$6\\$abcdef")']).stdout.toString()
  const lines = [
    '# comment',
    'scanner:top secret  ',
    'Printer@Example.org:=%odd',
    `md5:%${hex('md5', 'x y')}`,
    `sha1:%${hex('sha1', 'x y').toUpperCase()}`,
    `sha2:%${hex('sha256', 'x y')}`,
    `crypt:${crypted}`,
    'empty:',
    'nothing:=x',
    'scanner:second',
    'broken:%abc'
  ]
  writeFileSync(home.at('users', 'authuser'), `${lines.join('\n')}\n`, { mode: 0o600 })
  after(() => rmSync(home.at('users', 'authuser'), { force: true }))
  const challenge = '<1.2@h>'
  const good = await go(login('Scanner', 'top secret'), SHOW)
  assert.deepEqual([good.exit, good.stdout.split(' ')[0]], [0, spawnSync('id', ['-u', 'nobody']).stdout.toString().trim()], 'nobody, who owns nothing')
  for (const [name, password] of [
    ['printer@example.org', '%odd'],
    ['md5', 'x y'],
    ['sha1', 'x y'],
    ['sha2', 'x y'],
    ['crypt', 'other pass'],
    ['scanner', createHmac('md5', 'top secret').update(challenge).digest('hex')],
    ['scanner', hex('md5', `${challenge}top secret`)]
  ] as const) {
    assert.equal((await go(login(name, password), ['true'])).exit, 0, name)
  }
  const refused = [
    ['scanner', 'second'],
    ['scanner', 'top secret  '],
    ['scanner', hex('md5', 'top secret')],
    ['printer@example.org', '=%odd'],
    ['crypt', crypted],
    ['md5', `%${hex('md5', 'x y')}`],
    ['empty', ''],
    ['broken', 'abc'],
    ['joe@example.org', 'wrong'],
    ['unlisted', 'x']
  ] as const
  const seen = await Promise.all(refused.map(([name, password], n) => goFrom(join(scratch, `data${n}`), login(name, password), ['true'])))
  for (const [n, { exit, ms }] of seen.entries()) assert.deepEqual([exit, ms >= 2000], [1, true], String(refused[n]))
  assert.equal((await go(login('joe@example.org', 'right pass'), ['true'])).exit, 0, 'mailboxes of users/virtual go on')
  assert.equal(inPrivateEtc(login(NAME, 'right pass'), 'true').exit, 1, 'a system user that is not listed')
  for (const entry of ['*:?', `${NAME}:!`]) {
    writeFileSync(home.at('users', 'authuser'), `${entry}\n`)
    assert.equal(inPrivateEtc(login(NAME, 'right pass'), 'true').exit, hasHelper ? 0 : 111, entry)
    assert.notEqual(inPrivateEtc(login(NAME, 'wrong'), 'true').exit, 0, entry)
  }
})

test('users/authuser may name vchkpw or checkvpw, which then does all of it, on its own descriptors', { skip: needsRoot }, async () => {
  const bin = join(scratch, 'bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'vchkpw'), '#!/bin/sh\nread -r secrets <&3 || true\nprintf "%s %s %s\\n" "$secrets" "$*" "$(cat)"\nexit 7\n', { mode: 0o755 })
  writeFileSync(home.at('users', 'authuser'), '@vpop.example:&\n@:+\ndove:=\n')
  after(() => rmSync(home.at('users', 'authuser'), { force: true }))
  const run = (data: string) => {
    const file = join(scratch, 'handed')
    writeFileSync(file, data)
    const script = `printf 'the connection' | ${home.at('bin', 'checkpassword')} sub 'an arg' 3< ${file}`
    const r = spawnSync('sh', ['-c', script], { env: { PATH: `${bin}:${process.env.PATH}` }, encoding: 'latin1' })
    return [r.status, r.stdout]
  }
  assert.deepEqual(run('joe@Vpop.example\0pw\0stamp\0'), [7, 'joe@Vpop.examplepwstamp sub an arg the connection\n'])
  assert.equal(run('joe@other.example\0pw\0stamp\0')[0], 111, 'there is no checkvpw')
  assert.equal(run('dove\0pw\0stamp\0')[0], 111, 'Dovecot is not asked')
  assert.equal(run('joe\0pw\0stamp\0')[0], 1, '@ is about logins with a domain')
})
