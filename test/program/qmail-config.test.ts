import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { test } from 'node:test'
import { dnsZone } from '../helpers/dns-zone.ts'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const dns = await dnsZone({
  'mail.ex.org': { a: ['127.0.0.1'] },
  'ex.org': { mx: [[10, 'mail.ex.org'], [20, 'other.ex.org']] }, // biome-ignore format: one line
  'other.ex.org': { a: ['192.0.2.9'] },
  'no.example': { mx: [[0, '']] },
  'slow.example': { rcode: 2 }
})

interface Answered {
  exit: number | null
  stdout: string
  stderr: string
}
/** Runs it while this process answers for DNS. */
const config = (args: string[], input = ''): Promise<Answered> =>
  new Promise((resolve) => {
    const child = spawn(home.at('bin', 'qmail-config'), args, { env: { PATH: '/usr/bin:/bin', DNSCACHEIP: dns.server }, stdio: 'pipe' })
    const text = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (data: Buffer) => (text[name] += data.toString('latin1')))
    child.stdin.on('error', () => {}) // it may not read at all
    child.stdin.end(input)
    child.on('close', (exit) => resolve({ exit, ...text }))
  })

const fresh = (): void => {
  for (const folder of ['control', 'alias']) {
    rmSync(home.at(folder), { recursive: true })
    mkdirSync(home.at(folder))
  }
}
const laid = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(home.at(folder))
      .toSorted()
      .map((name) => [name, readFileSync(home.at(folder, name), 'latin1')])
  )
const HOST = ['--host', 'Mail.Ex.org', '--admin', 'joe', '--yes']

test('flags alone: me, the domains, and the four aliases; it says what it found and what it writes', async () => {
  fresh()
  const r = await config([...HOST, '--domain', 'ex.org', '--domain', 'no.example', '--domain', 'slow.example'])
  assert.deepEqual([r.exit, r.stderr], [0, ''])
  const rows = r.stdout.split('\n').map((line) => line.trim().replace(/ {2,}/g, ' '))
  for (const row of [
    'name mail.ex.org (as told)',
    'its name in DNS this host',
    'mail.ex.org no MX: mail goes to its address: this host',
    'ex.org MX 10 mail.ex.org: this host',
    "ex.org MX 20 other.ex.org: another host's address, or one translated to ours: 192.0.2.9",
    'no.example it takes no mail (null MX)',
    'slow.example MX: DNS does not answer',
    'control/locals localhost mail.ex.org ex.org no.example slow.example'
  ])
    assert.ok(rows.includes(row), `${row}\n${r.stdout}`)
  assert.deepEqual(laid('control'), {
    defaultdomain: 'ex.org\n',
    locals: 'localhost\nmail.ex.org\nex.org\nno.example\nslow.example\n',
    me: 'mail.ex.org\n',
    plusdomain: 'ex.org\n',
    rcpthosts: 'mail.ex.org\nex.org\nno.example\nslow.example\n'
  })
  const names = ['.qmail-abuse', '.qmail-mailer-daemon', '.qmail-postmaster', '.qmail-root']
  assert.deepEqual(laid('alias'), Object.fromEntries(names.map((name) => [name, '&joe@mail.ex.org\n'])))
  for (const file of ['control/me', 'alias/.qmail-root']) assert.equal(statSync(home.at(file)).mode & 0o7777, 0o644)
})

test('what is so already stays; what says something else is replaced only with --force, and else nothing is written', async () => {
  fresh()
  assert.equal((await config(HOST)).exit, 0)
  home.control('locals', '# mine\nlocalhost\nmail.ex.org\n')
  assert.match((await config(HOST)).stdout, /All of it is so already\.\n$/)
  home.control('locals', 'mine.example\n')
  rmSync(home.at('control', 'me'))
  const refused = await config(HOST)
  assert.deepEqual([refused.exit, refused.stderr], [100, 'qmail-config: fatal: nothing is written: control/locals say something else; --force replaces them\n'])
  assert.deepEqual([existsSync(home.at('control', 'me')), laid('control').locals], [false, 'mine.example\n'])
  assert.equal((await config([...HOST, '--force'])).exit, 0)
  assert.deepEqual([laid('control').me, laid('control').locals], ['mail.ex.org\n', 'localhost\nmail.ex.org\n'])
})

test('an alias of one’s own is kept, the others are made; a link in its place is not followed', async () => {
  fresh()
  writeFileSync(home.at('alias', '.qmail-root'), '&else@where.example\n')
  writeFileSync(home.at('precious'), 'precious\n')
  symlinkSync(home.at('precious'), home.at('alias', '.qmail-abuse'))
  const r = await config(HOST)
  assert.equal(r.exit, 0)
  assert.match(r.stdout, /alias\/\.qmail-root +kept as it was\n/)
  assert.deepEqual([laid('alias')['.qmail-root'], laid('alias')['.qmail-postmaster']], ['&else@where.example\n', '&joe@mail.ex.org\n'])
  assert.equal((await config([...HOST, '--force'])).exit, 0)
  assert.deepEqual([readFileSync(home.at('precious'), 'latin1'), laid('alias')['.qmail-abuse']], ['precious\n', '&joe@mail.ex.org\n'])
})

test('--null-client delivers nothing and sends all to its relay', async () => {
  fresh()
  assert.equal((await config(['--host', 'pc.ex.org', '--domain', 'ex.org', '--null-client', '[192.0.2.1]:587', '--yes'])).exit, 0)
  assert.deepEqual(laid('control'), {
    defaultdomain: 'ex.org\n',
    defaulthost: 'ex.org\n',
    doublebouncehost: 'ex.org\n',
    locals: '',
    me: 'pc.ex.org\n',
    plusdomain: 'ex.org\n',
    rcpthosts: '',
    smtproutes: ':[192.0.2.1]:587\n'
  })
  assert.deepEqual(laid('alias'), {})
  const { stdout } = runProgram(home, 'sendmail', { args: ['-bv', 'joe'] })
  assert.equal(stdout, 'joe@ex.org... deliverable: mailer remote, host ex.org, user joe@ex.org, relay [192.0.2.1]:587\n')
})

test('--hub writes as the domain, and has its users', async () => {
  fresh()
  const r = await config([...HOST, '--hub'])
  assert.match(r.stdout, /RELAYCLIENT/)
  assert.deepEqual([laid('control').defaulthost, laid('control').locals], ['ex.org\n', 'localhost\nmail.ex.org\nex.org\n'])
  assert.equal(laid('control').rcpthosts, 'mail.ex.org\nex.org\n')
})

test('without --yes it asks, and writes only after a yes', async () => {
  fresh()
  const no = await config([], 'mail.ex.org\nex.org\njoe@ex.org\n\n')
  assert.equal(no.exit, 100)
  assert.match(
    no.stderr,
    /Name of this host \[[^\]]*\]: .*Domains besides mail\.ex\.org.*: Who reads mail.*: Write these files\? \[y\/N\]: qmail-config: fatal: nothing is written\n$/
  )
  assert.deepEqual(laid('control'), {})
  assert.equal((await config([], 'mail.ex.org\nex.org\njoe@ex.org\ny\n')).exit, 0)
  assert.equal(laid('control').rcpthosts, 'mail.ex.org\nex.org\n')
  assert.equal(laid('alias')['.qmail-abuse'], '&joe@ex.org\n')
  home.control('me', 'old.ex.org\n')
  assert.equal((await config([], 'mail.ex.org\nex.org\njoe@ex.org\nno\n')).exit, 100)
  assert.equal(laid('control').me, 'old.ex.org\n')
  assert.equal((await config([], 'mail.ex.org\nex.org\njoe@ex.org\nyes\ny\n')).exit, 0)
  assert.equal(laid('control').me, 'mail.ex.org\n')
})

test('--dry-run shows and writes nothing', async () => {
  fresh()
  const r = await config(['--host', 'mail.ex.org', '--admin', 'joe', '--dry-run'])
  assert.equal(r.exit, 0)
  assert.match(r.stdout, / {2}control\/me +mail\.ex\.org\n/)
  assert.deepEqual([laid('control'), laid('alias')], [{}, {}])
})

test('what makes no sense is refused before anything is written', async () => {
  fresh()
  const wrong: [string[], RegExp][] = [
    [['--host', 'mail', '--admin', 'joe'], /whole name/],
    [['--host', 'a b.c', '--admin', 'joe'], /whole name/],
    [['--host', 'mail.ex.org'], /--admin/],
    [['--host', 'mail.ex.org', '--admin', 'root'], /would come back/],
    [['--host', 'mail.ex.org', '--admin', 'Abuse@mail.ex.org'], /would come back/],
    [['--host', 'mail.ex.org', '--admin', 'joe\n|evil'], /not an address/],
    [['--host', 'mail.ex.org', '--null-client', 'relay:99999'], /the relay is to be/],
    [['--host', 'mail.ex.org', '--null-client', ''], /takes a value/],
    [['--host', 'mail.ex.org', '--hub', '--null-client', 'r.example'], /not both/],
    [['--hots', 'mail.ex.org'], /unknown: --hots/],
    [['mail.ex.org'], /unknown: mail\.ex\.org/]
  ]
  for (const [args, why] of wrong) {
    const r = await config([...args, '--yes'])
    assert.equal(r.exit, 100, args.join(' '))
    assert.match(r.stderr, why)
  }
  assert.deepEqual([laid('control'), laid('alias')], [{}, {}])
})

test("the host's own name is what it begins with", async () => {
  fresh()
  const r = await config([], '')
  assert.match(r.stderr, new RegExp(`^Name of this host \\[[^\\]]*${hostname().split('.')[0]?.toLowerCase()}`))
})
