import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { suiteGroup, suiteUser } from '../../src/os/ids.ts'
import { selfSigned } from '../helpers/certificate.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const showctl = (...args: string[]) => runProgram(home, 'qmail-showctl', { args })

/** What is printed for a file of control/, between its name and the next empty line. */
const shown = (name: string): string => {
  const { exit, stdout, stderr } = showctl()
  assert.deepEqual([exit, stderr], [0, ''])
  return stdout.split(`\n\n${name}: `)[1]?.split(/\n\n|\n$/)[0] ?? '(nothing)'
}
/** What is printed for a file while it holds this. */
const shownWith = (name: string, text: string): string => {
  home.control(name, text)
  const value = shown(name)
  rmSync(home.at('control', name))
  return value
}

test('first comes what is built in, with the numbers of users and groups', () => {
  const [users, groups] = ['user', 'group']
    .map((kind) => new RegExp(`^${kind} (\\w+) ([0-9]+)`, 'gm'))
    .map((re) => new Map(Array.from(readFileSync(home.at('lib', 'ids'), 'latin1').matchAll(re), (m) => [m[1], m[2]])))
  const uids = ['alias', 'qmaild', 'qmaill', 'root', 'qmailp', 'qmailq', 'qmailr', 'qmails'].map((name) => (name === 'root' ? '0' : users?.get(name)))
  const block = `qmail home directory: ${home.path}.
user-ext delimiter: -.
paternalism (in decimal): 2.
silent concurrency limit: 120.
subdirectory split: 23.
user ids: ${uids.join(', ')}.
group ids: ${groups?.get('nofiles')}, ${groups?.get('qmail')}.

badmailfrom: `
  assert.equal(showctl().stdout.slice(0, block.length), block)
})

test('without files the defaults are told', () => {
  assert.equal(shown('badmailfrom'), '(Default.) Any MAIL FROM is allowed.')
  assert.equal(shown('bouncefrom'), '(Default.) Bounce user name is MAILER-DAEMON.')
  assert.equal(shown('helohost'), '(Default.) SMTP client HELO host name is mail.example.org.')
  assert.equal(shown('databytes'), '(Default.) SMTP DATA limit is 0 bytes.')
  assert.equal(shown('me'), 'My name is mail.example.org.')
  assert.equal(shown('morercpthosts'), '(Default.) No rcpthosts; morercpthosts is irrelevant.')
  assert.equal(shown('morercpthosts.cdb'), '(Default.) No effect.')
})

test('without me, names fall back to words', () => {
  renameSync(home.at('control', 'me'), home.at('me.away'))
  const found = ['me', 'helohost', 'idhost'].map(shown)
  renameSync(home.at('me.away'), home.at('control', 'me'))
  assert.deepEqual(found, [
    '(Default.) My name is undefined! Uh-oh.',
    '(Default.) SMTP client HELO host name is helohost.',
    '(Default.) Message-ID host name is idhost.'
  ])
})

test('lines: an empty file is an empty value; bytes that cannot be printed become question marks', () => {
  assert.equal(shownWith('smtpgreeting', ''), 'SMTP greeting: 220 .')
  assert.equal(shownWith('smtpgreeting', 'h\xe9\tx \nrest'), 'SMTP greeting: 220 h??x.')
})

test('numbers: leading digits count, none is the default, large ones wrap', () => {
  assert.equal(shownWith('queuelifetime', '10junk'), 'Message lifetime in the queue is 10 seconds.')
  assert.equal(shownWith('queuelifetime', ' 7'), '(Default.) Message lifetime in the queue is 604800 seconds.')
  assert.equal(shownWith('queuelifetime', '99999999999'), 'Message lifetime in the queue is 1215752191 seconds.')
})

test('lists: a line for each entry, none for an empty file', () => {
  assert.equal(
    shownWith('badmailfrom', '# comment\n\nfoo@bar \t\n @x\nlast'),
    '\nfoo@bar not accepted in MAIL FROM.\n @x not accepted in MAIL FROM.\nlast not accepted in MAIL FROM.'
  )
  assert.equal(shownWith('locals', ''), '')
  assert.equal(shownWith('smtproutes', 'A.b:C:25\nno colon\n'), '\nSMTP route: A.b:C:25\nSMTP route: no colon')
})

test('a file that cannot be read is an oops of its own, but me ends it all', () => {
  mkdirSync(home.at('control', 'locals'))
  assert.equal(shown('locals'), 'Oops! Trouble reading this file.')
  rmSync(home.at('control', 'locals'), { recursive: true })
  renameSync(home.at('control', 'me'), home.at('me.away'))
  mkdirSync(home.at('control', 'me'))
  const r = showctl()
  rmSync(home.at('control', 'me'), { recursive: true })
  renameSync(home.at('me.away'), home.at('control', 'me'))
  assert.deepEqual([r.exit, r.stdout.split('\n').at(-2)], [111, 'Oops! Trouble reading control/me.'])
})

test('morercpthosts depends on rcpthosts, its cdb on both and on their times', () => {
  home.control('morercpthosts', 'a.b\n')
  assert.equal(shown('morercpthosts'), "\nNo rcpthosts; doesn't matter that morercpthosts has a.b.")
  assert.equal(shown('morercpthosts.cdb'), "Oops! morercpthosts exists but morercpthosts.cdb doesn't.")
  home.control('rcpthosts', '')
  assert.equal(shown('morercpthosts'), '\nSMTP clients may send messages to recipients at a.b.')
  home.control('morercpthosts.cdb', '')
  utimesSync(home.at('control', 'morercpthosts.cdb'), 1000, 1000)
  assert.equal(shown('morercpthosts.cdb'), 'Oops! morercpthosts.cdb is older than morercpthosts.')
  utimesSync(home.at('control', 'morercpthosts'), 1000, 1000)
  assert.equal(shown('morercpthosts.cdb'), 'Modified recently enough; hopefully up to date.')
  rmSync(home.at('control', 'morercpthosts'))
  assert.equal(shown('morercpthosts.cdb'), "Oops! morercpthosts.cdb exists but morercpthosts doesn't.")
  for (const name of ['morercpthosts.cdb', 'rcpthosts']) rmSync(home.at('control', name))
})

test('settings of our own are told where they are set, other files are owned up to', () => {
  assert.equal(shown('firstgear'), '(nothing)')
  assert.match(shownWith('firstgear', 'qmail-smtpd\n'), /\nqmail-smtpd$/)
  assert.equal(shownWith('.odd', ''), 'I have no idea what this file does.')
  writeFileSync(home.at('control', 'toString'), '')
  assert.equal(shown('toString'), 'I have no idea what this file does.')
  rmSync(home.at('control', 'toString'))
})

test('without control/ it ends', () => {
  renameSync(home.at('control'), home.at('control.away'))
  const r = showctl()
  renameSync(home.at('control.away'), home.at('control'))
  assert.deepEqual([r.exit, r.stdout.split('\n').at(-2)], [111, 'Oops! Unable to chdir to control.'])
})

test('an unknown user is told on descriptor 2', () => {
  const ids = readFileSync(home.at('lib', 'ids'), 'latin1')
  writeFileSync(home.at('lib', 'ids'), ids.replace(/^user qmailp .*$/m, 'user qmailp none none /')) // a line there goes before an account of the machine
  const r = showctl()
  writeFileSync(home.at('lib', 'ids'), ids)
  assert.deepEqual(r, { exit: 111, stdout: '', stderr: 'fatal: unable to find user qmailp\n' })
})

test('--json gives the value of every setting', () => {
  home.control('locals', 'a\nb\n')
  const values = JSON.parse(showctl('--json').stdout)
  assert.deepEqual([values.me, values.locals, values.rcpthosts, values.queuelifetime], ['mail.example.org', ['a', 'b'], null, 604800])
  rmSync(home.at('control', 'locals'))
})

const warnings = (): string[] => {
  const { exit, stdout } = showctl('--check')
  const lines = [...stdout.matchAll(/^warning: (.*)$/gm)].map(([, line = '']) => line)
  assert.equal(exit, lines.length === 0 ? 0 : 1)
  const { exit: other, stdout: json } = showctl('--json')
  assert.deepEqual([other, JSON.parse(json).warnings], [exit, lines], '--json has the same')
  return lines
}

test('conflicts and what cannot be meant are warned of, with exit code 1', () => {
  const sound: Record<string, string> = {
    locals: 'localhost\nmail.example.org\n',
    rcpthosts: 'mail.example.org\n.example.net\n',
    virtualdomains: 'shop.example.net:joe\n'
  }
  for (const [name, text] of Object.entries(sound)) home.control(name, text)
  writeFileSync(home.at('alias', '.qmail-postmaster'), '&joe@mail.example.org\n')
  assert.deepEqual(warnings(), [])
  const also = (name: string, text: string): string[] => {
    home.control(name, text)
    const found = warnings()
    if (name in sound) home.control(name, sound[name] as string)
    else rmSync(home.at('control', name))
    return found
  }
  assert.deepEqual(also('virtualdomains', 'Mail.example.org:joe\nann@mail.example.org:ann\nx\n'), [
    'virtualdomains: mail.example.org does not count: its domain is in locals',
    'virtualdomains: ann@mail.example.org does not count: its domain is in locals',
    'virtualdomains: no colon, so it does not count: x'
  ])
  assert.deepEqual(also('locals', 'localhost\nmail.example.org\nother.example\n'), [
    'rcpthosts: other.example is delivered here, but qmail-smtpd takes no mail for it'
  ])
  assert.deepEqual(also('queuelifetime', 'a week\n'), ['queuelifetime: there is no number in it: 604800 seconds counts'])
  assert.deepEqual(also('rcpthost', ''), ['rcpthost: no program reads it; is rcpthosts meant?'])
  assert.deepEqual(also('loclas', ''), ['loclas: no program reads it; is locals meant?'])
  assert.deepEqual(also('tcp.smtp', ''), [], 'a file of one’s own is nobody’s mistake')
  rmSync(home.at('control', 'rcpthosts'))
  assert.deepEqual(warnings(), ['rcpthosts: there is none, so qmail-smtpd takes mail for all domains from everybody'])
  home.control('rcpthosts', sound.rcpthosts as string)
  rmSync(home.at('alias', '.qmail-postmaster'))
  assert.deepEqual(warnings(), [`postmaster has no alias: neither ${home.at('alias')}/.qmail-postmaster nor .qmail-default is there`])
  home.control('qmqpservers', '192.0.2.1\n')
  assert.deepEqual(warnings(), [], 'a host without a queue has no postmaster')
  for (const name of [...Object.keys(sound), 'qmqpservers']) rmSync(home.at('control', name))
})

test('passwords for relays that everybody can read are warned of', () => {
  const before = warnings()
  const added = (): string[] => warnings().filter((line) => !before.includes(line))
  for (const [name, text] of [
    ['smtproutes', ':relay.example:587|me|secret\n'],
    ['authsenders', '@here.example:relay.example me secret\n'],
    ['domaincerts', 'here.example:control/here.crt|control/here.key|secret\n']
  ] as const) {
    home.control(name, text)
    chmodSync(home.at('control', name), 0o644)
    assert.deepEqual(added(), [`${name}: everybody can read its passwords`])
    chmodSync(home.at('control', name), 0o600)
    assert.deepEqual(added(), [])
    rmSync(home.at('control', name))
  }
  home.control('smtproutes', ':relay.example:587\n')
  chmodSync(home.at('control', 'smtproutes'), 0o644)
  assert.deepEqual(added(), [], 'a relay alone is no secret')
  rmSync(home.at('control', 'smtproutes'))
})

test('a certificate that ends soon is warned of', { skip: spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed' }, () => {
  const before = warnings()
  const added = (days: number): string[] => {
    home.control('servercert', selfSigned(['mail.example.org'], '-days', String(days)))
    const found = warnings().filter((line) => !before.includes(line))
    rmSync(home.at('control', 'servercert'))
    return found
  }
  assert.deepEqual(added(90), [])
  assert.match(added(3).join(), /^servercert: its certificate ends in [23] days$/)
})

test('a key that others than qmail-tlsd can read is warned of, and servercerts/ is looked into', () => {
  const before = warnings()
  const added = (): string[] => warnings().filter((line) => !before.includes(line))
  mkdirSync(home.at('control', 'servercerts', 'a.example'), { recursive: true })
  const keyed = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'
  const files = ['serverkey.pem', 'clientcert.pem', 'servercerts/a.example/serverkey.pem', 'b.example.key']
  home.control('domaincerts', 'b.example:control/b.example.pem|control/b.example.key\n')
  for (const name of files) home.control(name, keyed)
  assert.deepEqual(
    added(),
    files.map((name) => `${name}: everybody can read its key`)
  )
  for (const name of files) chmodSync(home.at('control', name), 0o440)
  if (isRoot) {
    const [daemon, tls] = [suiteUser(home.path, 'qmaild'), suiteUser(home.path, 'qmailt')]
    chownSync(home.at('control', 'serverkey.pem'), daemon.uid, 0)
    chownSync(home.at('control', 'servercerts/a.example/serverkey.pem'), tls.uid, suiteGroup(home.path, 'nofiles'))
    assert.deepEqual(added(), ['serverkey.pem: qmaild can read its key', 'servercerts/a.example/serverkey.pem: the group nofiles can read its key'])
    for (const name of files) chownSync(home.at('control', name), tls.uid, 0)
  }
  assert.deepEqual(added(), [])
  for (const name of ['serverkey.pem', 'servercerts', 'clientcert.pem', 'b.example.key', 'domaincerts']) rmSync(home.at('control', name), { recursive: true })
})

/** The lines that say this of it, in what is printed with no argument. */
const told = (re: RegExp): string[] =>
  showctl()
    .stdout.split('\n')
    .filter((line) => re.test(line))

test('files of other qmails that have no effect stand in one list, and why; those that are read whole are known', () => {
  const before = warnings()
  mkdirSync(home.at('control', 'tlshosts'))
  for (const name of ['rsa2048.pem', 'badmimetypes.cdb', 'users.sql', 'srs_domain', 'clientca.pem']) home.control(name, '')
  assert.match(
    showctl().stdout,
    /\n\nbadmimetypes\.cdb has no effect: .*\.\nrsa2048\.pem has no effect: obsolete: .*\.\nsrs_domain has no effect: .*\.\nusers\.sql has no effect: .*\.\n\n/
  )
  assert.equal(shown('clientca.pem'), 'authorities of client certificates, for tlsclients.')
  assert.match(shown('tlshosts'), /^hosts that get mail by TLS/)
  assert.deepEqual(told(/no idea/), [])
  assert.deepEqual(
    warnings()
      .filter((line) => !before.includes(line))
      .map((line) => line.split(': ', 2).join(': '))
      .toSorted(),
    ['badmimetypes.cdb: no effect', 'rsa2048.pem: no effect', 'srs_domain: no effect', 'users.sql: no effect']
  )
  for (const name of ['tlshosts', 'rsa2048.pem', 'badmimetypes.cdb', 'users.sql', 'srs_domain', 'clientca.pem'])
    rmSync(home.at('control', name), { recursive: true })
})

test('helpers are on or off, and it is said why', () => {
  assert.deepEqual(told(/^helper /), [
    'helper qmail-rcptd is on (control/recipientcheck is 1), but qmail-start is not running.',
    'helper qmail-authd is off (no control/checkpassword).',
    'helper qmail-tlsd -c is off (no control/clientcert.pem, domaincerts, servercert.pem).'
  ])
  home.control('recipientcheck', '0\n')
  home.control('domaincerts', '')
  assert.deepEqual(told(/^helper qmail-(rcptd|tlsd)/), [
    'helper qmail-rcptd is off (control/recipientcheck is 0).',
    'helper qmail-tlsd -c is on (control/domaincerts), but qmail-start is not running.'
  ])
  for (const name of ['recipientcheck', 'domaincerts']) rmSync(home.at('control', name))
})

test('where patterns is auto, it is said what each list is taken for', () => {
  home.control('badmailfrom', '^spam@\n')
  home.control('badhelo', '*.example\n')
  home.control('badrcptto', 'a@b\n')
  assert.equal(
    shownWith('patterns', 'auto\n').split('\n').slice(1).join('\n'),
    'badmailfrom is taken for regex.\nbadrcptto is taken for plain.\nbadhelo is taken for wildmat.'
  )
  assert.doesNotMatch(shownWith('patterns', 'regex\n'), /taken for/)
  for (const name of ['badmailfrom', 'badhelo', 'badrcptto']) rmSync(home.at('control', name))
})

test('front ends that are none, or everybody, are warned of; so is a list that was not compiled', () => {
  const before = warnings()
  home.control('xclient', '192.0.2.1\n2001:db8::/32\nfront.example\n0.0.0.0/0\n')
  home.control('mailfromrules', 'joe&joe@here.example\n')
  assert.deepEqual(
    warnings().filter((line) => !before.includes(line)),
    [
      'xclient: no address or address/bits, so it does not count: front.example',
      'xclient: everybody may say to be anybody else: 0.0.0.0/0',
      'mailfromrules: mailfromrules.cdb, which counts, is missing: run qmail-mfrules'
    ]
  )
  for (const name of ['xclient', 'mailfromrules']) rmSync(home.at('control', name))
})

const advice = (): string[] => {
  const lines = told(/^advice: /)
  assert.deepEqual(
    showctl('--check')
      .stdout.split('\n')
      .filter((line) => line.startsWith('advice: ')),
    lines,
    '--check has the same'
  )
  const found = lines.map((line) => line.replace('advice: ', ''))
  assert.deepEqual(JSON.parse(showctl('--json').stdout).advice, found, '--json has the same')
  return found
}

test('advice: control/esmtp where there is a certificate only, =relay where a password goes to one', () => {
  assert.deepEqual(advice(), [])
  home.control('servercert.pem', '')
  assert.match(advice().join(), /^esmtp: [^,]*, but goes without; with control\/esmtp /)
  home.control('esmtp', 'PIPELINING\n')
  assert.deepEqual(advice(), [])
  home.control('smtproutes', 'a.example:plain.example\n:Relay.example:587|me|secret\n')
  home.control('authsenders', '@b.example:other.example|me|secret\n')
  assert.deepEqual(
    advice().map((line) => line.replace(/ is told .* with a line/, '')),
    [
      'tlsdestinations: other.example =other.example: only the one whose certificate is right',
      'tlsdestinations: relay.example =relay.example: only the one whose certificate is right'
    ]
  )
  home.control('tlsdestinations', '=relay.example:\n-other.example:\n')
  assert.match(advice().join(), /^tlsdestinations: other\.example is told a password/)
  home.control('tlsdestinations', '~*:\n')
  assert.deepEqual(advice(), [])
  for (const name of ['servercert.pem', 'esmtp', 'smtproutes', 'authsenders', 'tlsdestinations']) rmSync(home.at('control', name))
})
