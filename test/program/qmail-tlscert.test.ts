import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from 'node:tls'
import { selfSigned as selfSignedOn } from '../../src/admin/tlscert/make.ts'
import { suiteGroup, suiteUser } from '../../src/os/ids.ts'
import { selfSigned } from '../helpers/certificate.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { type RunResult, runProgram } from '../helpers/run-program.ts'
import { startSmtpd } from '../helpers/suite.ts'
import { PATIENCE_SECONDS, PATIENT } from '../helpers/wait.ts'

const home = makeHome()
const work = mkdtempSync(home.at('work-'))
const DAY_MILLISECONDS = 86_400_000
const cert = (...args: string[]): RunResult => runProgram(home, 'qmail-tlscert', { args, cwd: work })
const openssl = (...args: string[]): string => {
  const { stdout, stderr, status } = spawnSync('openssl', args, { encoding: 'latin1' })
  assert.equal(status, 0, stderr)
  return stdout + stderr
}
/** A certificate and its key, made at some other time. */
const madeOn = (date: Date): string => {
  const { key, pem } = selfSignedOn(['x.example'], date)
  return key + pem
}
/** A file in the folder of this test. */
const lay = (name: string, text: string): string => {
  writeFileSync(`${work}/${name}`, text, { mode: 0o600 })
  return `${work}/${name}`
}
/** An empty control/ but for what is not about certificates. */
const fresh = (): void => {
  for (const name of readdirSync(home.at('control'))) if (/cert|key/.test(name)) rmSync(home.at('control', name), { recursive: true })
}
const inControl = (...names: string[]): string => readFileSync(home.at('control', ...names), 'latin1')
/** As qmail-tlsd needs it: its user's, and nobody else may read it. */
const assertOnlyTlsdReads = (file: string): void => {
  const { mode, uid, gid } = statSync(file)
  assert.equal((mode & 0o7777).toString(8), '400')
  if (isRoot) assert.deepEqual([uid, gid], [suiteUser(home.path, 'qmailt').uid, suiteGroup(home.path, 'nofiles')])
}
const blocks = (text: string): string[] => text.match(/-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----\n/g) ?? []
const publicKeyOf = (file: string): string => openssl('pkey', '-in', file, '-pubout')

test('-s makes a certificate openssl takes, for qmail-tlsd alone, and never replaces one', () => {
  const made = cert('-s', 'MX.example', '*.mx.example', 'mx.example')
  assert.deepEqual(made, { exit: 0, stdout: 'control/servercert.pem is made; it is the first one: restart tcpserver once, it offers TLS then\n', stderr: '' })
  const file = home.at('control', 'servercert.pem')
  const said = openssl('x509', '-in', file, '-noout', '-text')
  assert.match(said, /Version: 3 /)
  assert.match(said, /Signature Algorithm: ecdsa-with-SHA256/)
  assert.match(said, /Subject: CN ?= ?mx\.example\n/)
  assert.match(said, /ASN1 OID: prime256v1/)
  assert.match(said, /Basic Constraints: critical\n\s+CA:FALSE\n/)
  assert.match(said, /TLS Web Server Authentication\n/)
  assert.match(said, /DNS:mx\.example, DNS:\*\.mx\.example\n/)
  openssl('verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'any.mx.example', '-CAfile', file, file)
  assert.equal(openssl('x509', '-in', file, '-noout', '-pubkey'), publicKeyOf(file))
  assertOnlyTlsdReads(file)
  assert.match(cert().stdout, /^servercert\.pem: mx\.example, \*\.mx\.example; by itself; 36(49|50) days left\n$/)
  const before = inControl('servercert.pem')
  assert.deepEqual(cert('-s', 'other.example'), { exit: 100, stdout: '', stderr: 'qmail-tlscert: fatal: control/servercert.pem is there already\n' })
  assert.equal(inControl('servercert.pem'), before)
})

test('names too long for a common name stand in subjectAltName', () => {
  fresh()
  const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.example`
  assert.equal(cert('-s', long).exit, 0)
  const file = home.at('control', 'servercert.pem')
  openssl('verify', '-verify_hostname', long, '-CAfile', file, file)
})

test('-r makes a request openssl verifies and a key nobody else can read, whatever the umask, and replaces neither', () => {
  const bin = home.at('bin', 'qmail-tlscert')
  const made = runProgram(home, '/bin/sh', { args: ['-c', `umask 0; exec ${bin} -r '*.Mail.example' mail.example`], cwd: work })
  assert.deepEqual([made.exit, made.stdout, made.stderr], [0, '_.mail.example.key.pem and _.mail.example.csr.pem are made\n', ''])
  const [key, csr] = [`${work}/_.mail.example.key.pem`, `${work}/_.mail.example.csr.pem`]
  const said = openssl('req', '-in', csr, '-noout', '-verify', '-text')
  assert.match(said, /verify OK/)
  assert.match(said, /Subject: CN ?= ?\*\.mail\.example\n/)
  assert.match(said, /DNS:\*\.mail\.example, DNS:mail\.example\n/)
  assert.equal(openssl('req', '-in', csr, '-noout', '-pubkey'), publicKeyOf(key))
  assert.equal(statSync(key).mode & 0o777, 0o600)
  const before = readFileSync(key, 'latin1')
  assert.deepEqual(cert('-r', '*.mail.example'), {
    exit: 100,
    stdout: '',
    stderr: 'qmail-tlscert: fatal: unable to make _.mail.example.key.pem: file already exists\n'
  })
  assert.equal(readFileSync(key, 'latin1'), before)
  lay('half.example.csr.pem', 'mine')
  assert.equal(cert('-r', 'half.example').exit, 100)
  assert.ok(!existsSync(`${work}/half.example.key.pem`), 'no key without its request')
})

test('what an authority makes of a request is installed with its chain', () => {
  fresh()
  const authority = lay('authority', selfSigned(['authority']))
  assert.equal(cert('-r', 'signed.example').exit, 0)
  const [key, csr, leaf] = ['key', 'csr', 'leaf'].map((kind) => `${work}/signed.example.${kind}.pem`) as [string, string, string]
  openssl('x509', '-req', '-in', csr, '-CA', authority, '-CAkey', authority, '-set_serial', '7', '-copy_extensions', 'copy', '-days', '90', '-out', leaf)
  const signer = blocks(readFileSync(authority, 'latin1')).find((block) => block.includes('BEGIN CERT')) ?? ''
  const chain = lay('chain', readFileSync(leaf, 'latin1') + signer)
  const made = cert('-i', chain, key)
  const line = /^servercert\.pem: signed\.example; by CN=authority; (89|90) days left\n/
  assert.match(made.stdout, line)
  assert.deepEqual([made.exit, made.stderr], [0, ''])
  assertOnlyTlsdReads(home.at('control', 'servercert.pem'))
  assert.deepEqual(blocks(inControl('servercert.pem')), [...blocks(readFileSync(key, 'latin1')), ...blocks(readFileSync(chain, 'latin1'))])
  const disordered = lay('disordered', readFileSync(leaf, 'latin1') + readFileSync(leaf, 'latin1') + signer)
  const warned = cert('-i', disordered, key)
  assert.deepEqual([warned.exit, warned.stderr], [0, `qmail-tlscert: warning: ${disordered}: certificate 2 is not that of who signed the one before it\n`])
})

test('-i refuses what cannot be used, says why, and leaves all as it was', () => {
  fresh()
  const [one, two] = [lay('one', selfSigned(['one.example'])), lay('two', selfSigned(['two.example']))]
  assert.equal(cert('-i', one, one).exit, 0)
  const before = inControl('servercert.pem')
  const onlyKey = lay('only-key', blocks(readFileSync(two, 'latin1')).find((block) => block.includes('KEY')) ?? '')
  const garbled = lay('garbled', `${readFileSync(one, 'latin1')}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`)
  const short = lay('short', openssl('req', '-x509', '-newkey', 'rsa:512', '-nodes', '-subj', '/CN=x', '-keyout', '-'))
  const ended = lay('ended', madeOn(new Date('2010-01-01T00:00:00Z')))
  const tomorrow = new Date(Date.now() + DAY_MILLISECONDS)
  const early = lay('early', madeOn(tomorrow))
  const locked = lay('locked', openssl('pkey', '-in', one, '-aes256', '-passout', 'pass:x'))
  const refusals: [string, string, RegExp][] = [
    [one, two, /one and \S+two: the key is not that of the first certificate$/],
    [onlyKey, onlyKey, /only-key: it holds no certificate$/],
    [one, lay('empty', ''), /empty: it holds no private key$/],
    [garbled, one, /garbled: certificate 2: \S+$/],
    [short, short, /short: TLS does not take it: ERR_SSL_EE_KEY_TOO_SMALL$/],
    [ended, ended, /ended: the certificate ended on 2019-12-30$/],
    [early, early, new RegExp(`early: the certificate begins only on ${tomorrow.toISOString().slice(0, 10)}$`)],
    [one, locked, /one and \S+locked: its key cannot be read \(no passphrase is possible\)$/]
  ]
  for (const [chain, key, why] of refusals) {
    const { exit, stdout, stderr } = cert('-i', chain, key)
    assert.match(stderr.trimEnd(), why)
    assert.match(stderr, /^qmail-tlscert: fatal: [^\n]+\n$/)
    assert.deepEqual([exit, stdout], [100, ''], stderr)
  }
  const missing = cert('-i', one, `${work}/missing`)
  assert.deepEqual([missing.exit, missing.stderr], [111, `qmail-tlscert: fatal: unable to read ${work}/missing: file does not exist\n`])
  assert.equal(inControl('servercert.pem'), before)
  assert.deepEqual(
    readdirSync(home.at('control')).filter((name) => name.startsWith('.')),
    []
  )
})

test('names that are none, and command lines that are wrong, are refused', () => {
  for (const odd of ['../../etc', '192.0.2.1', 'a_b.example', '', '*.*.example', 'mx.example.']) {
    const { exit, stderr } = cert('-i', `${work}/one`, `${work}/one`, odd)
    assert.deepEqual([exit, stderr], [100, `qmail-tlscert: fatal: not a host name: ${odd}\n`])
    assert.equal(cert('-r', odd).exit, 100)
    assert.equal(cert('-s', odd).exit, 100)
  }
  for (const args of [['-x'], ['-s'], ['-r'], ['-i'], ['-i', 'a'], ['-i', 'a', 'b', 'c.example', 'd'], ['mx.example']]) {
    const { exit, stderr } = cert(...args)
    assert.deepEqual([exit, stderr.split('\n')[0]], [100, 'qmail-tlscert: usage: qmail-tlscert'], args.join(' '))
  }
})

test('a certificate for a name of its own has a folder qmail-tlsd can enter, under a strict umask too', () => {
  fresh()
  const one = lay('one', selfSigned(['one.example']))
  const script = `umask 077; exec ${home.at('bin', 'qmail-tlscert')} -i ${one} ${one} '*.One.example'`
  const made = runProgram(home, '/bin/sh', { args: ['-c', script], cwd: work })
  assert.match(made.stdout, /^servercerts\/_\.one\.example\/servercert\.pem: one\.example; by itself; \d+ days left\n$/)
  assert.equal(
    made.stderr,
    `qmail-tlscert: warning: ${one}: the certificate is not for *.one.example\nqmail-tlscert: warning: there is no control/servercert.pem: TLS is not offered\n`
  )
  for (const folder of ['servercerts', 'servercerts/_.one.example']) assert.equal(statSync(home.at('control', folder)).mode & 0o777, 0o755)
  assertOnlyTlsdReads(home.at('control', 'servercerts', '_.one.example', 'servercert.pem'))
})

test('a key in a file of its own goes; of two kinds of keys each certificate has its place', () => {
  fresh()
  const old = selfSigned(['old.example'])
  for (const name of ['servercert.pem', 'serverkey.pem']) home.control(name, old)
  assert.equal(cert('-s', 'x.example').exit, 100)
  const rsa = lay('rsa', openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=rsa.example', '-keyout', '-'))
  assert.equal(cert('-i', rsa, rsa).exit, 0)
  assert.ok(!existsSync(home.at('control', 'serverkey.pem')))
  assert.match(cert().stdout, /^servercert\.pem: CN=rsa\.example; by itself; \d+ days left\n$/)
  home.control('servercert-ecdsa.pem', old)
  const elliptic = lay('elliptic', selfSigned(['new.example']))
  assert.match(cert('-i', elliptic, elliptic).stdout, /^servercert-ecdsa\.pem: new\.example; /)
  assert.match(cert().stdout, /^servercert\.pem: CN=rsa\.example; [^\n]*\nservercert-ecdsa\.pem: new\.example; [^\n]*\n$/)
})

test('the list names certificates that have ended, and says which cannot be used and why', () => {
  fresh()
  assert.deepEqual(cert(), { exit: 0, stdout: 'there is no certificate: TLS is not offered\n', stderr: '' })
  home.control('servercert.pem', madeOn(new Date('2010-01-01T00:00:00Z')))
  mkdirSync(home.at('control', 'servercerts', 'b.example'), { recursive: true })
  home.control('servercerts/b.example/servercert.pem', 'nothing')
  assert.deepEqual(cert(), {
    exit: 111,
    stdout: 'servercert.pem: x.example; by itself; ended on 2019-12-30\nservercerts/b.example/servercert.pem: cannot be used: it holds no certificate\n',
    stderr: ''
  })
})

test('a running qmail-tlsd shows what is installed, without a restart', PATIENT, async () => {
  fresh()
  assert.equal(cert('-s', 'first.example').exit, 0)
  const { port, daemon } = await startSmtpd(home, ['-w', '1'], { SMTPS: '1' })
  /** The common name a client sees who asks for a name; nothing while there is no TLS yet. */
  const seen = async (servername: string): Promise<string | undefined> => {
    const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false })
    try {
      await once(socket, 'secureConnect')
      return String(socket.getPeerCertificate().subject.CN)
    } catch {
      return undefined
    } finally {
      socket.destroy()
    }
  }
  const untilSeen = async (servername: string, name: string): Promise<void> => {
    const deadline = Date.now() + PATIENCE_SECONDS * 1000
    for (let last = await seen(servername); last !== name; last = await seen(servername)) {
      assert.ok(Date.now() < deadline, `${servername} is shown ${last} instead of ${name}\n${daemon.log()}`)
      await delay(20)
    }
  }
  await untilSeen('any.example', 'first.example')
  const [second, own] = [lay('second', selfSigned(['second.example'])), lay('own', selfSigned(['own.example']))]
  assert.equal(cert('-i', second, second).exit, 0)
  await untilSeen('any.example', 'second.example')
  assert.equal(cert('-i', own, own, 'own.example').exit, 0)
  await untilSeen('own.example', 'own.example')
  assert.equal(await seen('any.example'), 'second.example')
})
