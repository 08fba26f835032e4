import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, connect as plainConnect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { type ConnectionOptions, connect } from 'node:tls'
import { Acceptor } from '../../../src/tlsd/acceptor.ts'
import { failureOf } from '../../../src/tlsd/failure-words.ts'
import { foldersFor } from '../../../src/tlsd/folders.ts'
import { CertificateStore } from '../../../src/tlsd/store.ts'
import { sslVariables } from '../../../src/tlsd/variables.ts'

const control = mkdtempSync(join(tmpdir(), 'tlsd-'))
after(() => rmSync(control, { recursive: true, force: true }))
const made = (name: string, ...more: string[]): string => {
  const r = spawnSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`, '-keyout', '-', ...more],
    {
      encoding: 'latin1'
    }
  )
  assert.equal(r.status, 0, r.stderr)
  return r.stdout
}
const lay = (file: string, text: string): void => {
  mkdirSync(dirname(join(control, file)), { recursive: true })
  writeFileSync(join(control, `${file}.new`), text)
  renameSync(join(control, `${file}.new`), join(control, file))
}
let clock = Date.now()
const warnings: string[] = []
const options = { ticketKeys: randomBytes(48), minVersion: 'TLSv1.2' as const }
const store = new CertificateStore(
  control,
  options,
  (line) => warnings.push(line),
  () => clock
)
const acceptor = new Acceptor(store, options, 60_000, false)

/** What the server saw and the client got, of one connection. */
const shake = async (client: ConnectionOptions | string) => {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = (server.address() as AddressInfo).port
  const accepted = once(server, 'connection').then(([raw]) => acceptor.accept(raw as Socket))
  const socket =
    typeof client === 'string' ? plainConnect(port, '127.0.0.1').end(client) : connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...client })
  socket.on('error', () => {})
  try {
    const result = await accepted
    return { result, variables: result && Object.fromEntries(sslVariables(result.tls, result.sni, result.choice.commonName, result.client)) }
  } finally {
    socket.destroy()
    server.close()
  }
}

test('without a certificate TLS is not to be had, and with one it is', async () => {
  assert.equal((await shake('')).result, undefined)
  clock += 1000
  lay('servercert.pem', made('default.example'))
  const { variables } = await shake({})
  assert.deepEqual(
    [variables?.SSL_PROTOCOL, variables?.SSL_SERVER_S_DN_CN, variables?.SSL_TLS_SNI, variables?.SSL_CLIENT_VERIFY],
    ['TLSv1.3', 'default.example', undefined, 'NONE']
  )
  assert.equal(variables?.SSL_CIPHER_USEKEYSIZE, '256')
})

test('SNI chooses the exact folder, then the wildcard, then the default; odd names get the default', async () => {
  lay('servercerts/mx.example.org/servercert.pem', made('exact'))
  lay('servercerts/_.example.org/servercert.pem', made('wild'))
  clock += 1000
  const seen = async (servername: string): Promise<string | undefined> => (await shake({ servername })).variables?.SSL_SERVER_S_DN_CN
  assert.equal(await seen('mx.example.org'), 'exact')
  assert.equal(await seen('MX.Example.ORG'), 'exact')
  assert.equal(await seen('other.example.org'), 'wild')
  for (const odd of ['a.b.example.org', '..', '../servercerts', 'x'.repeat(250), 'mx_.example.org', '_.example.org'])
    assert.equal(await seen(odd), 'default.example', odd)
})

test('no path is made of a name that is none: a dot at its end, an address, NUL, too many bytes', () => {
  const label = 'x'.repeat(63)
  for (const odd of [
    'mx.example.org.',
    '192.0.2.1/',
    '[192.0.2.1]',
    '2001:db8::1',
    'mx.example.org\0',
    '\0',
    '',
    '.',
    `${`${label}.`.repeat(4)}org`,
    'x'.repeat(256),
    'm\u00fc.org'
  ])
    assert.deepEqual(foldersFor(odd), [], odd)
  assert.deepEqual(foldersFor('MX.Example.org'), ['mx.example.org', '_.example.org'])
})

test('a replaced certificate is used at once; a key that does not fit keeps the old pair, with one warning an hour', async () => {
  lay('servercert.pem', made('second.example'))
  clock += 1000
  assert.equal((await shake({})).variables?.SSL_SERVER_S_DN_CN, 'second.example')
  const [third, other] = [made('third.example'), made('other')]
  lay('serverkey.pem', other)
  clock += 1000
  warnings.length = 0
  assert.equal((await shake({})).variables?.SSL_SERVER_S_DN_CN, 'second.example')
  clock += 1000
  assert.equal((await shake({})).variables?.SSL_SERVER_S_DN_CN, 'second.example')
  assert.equal(warnings.length, 1)
  assert.match(warnings[0] ?? '', /^warning: servercert.pem not usable, keeping the one of .*: the key is not that of the first certificate$/)
  lay('servercert.pem', third)
  lay('serverkey.pem', third)
  clock += 1000
  assert.equal((await shake({})).variables?.SSL_SERVER_S_DN_CN, 'third.example')
  const fourth = made('fourth.example')
  lay('servercert.pem', fourth)
  clock += 1000
  assert.equal((await shake({})).variables?.SSL_SERVER_S_DN_CN, 'third.example', 'the certificate first, then the key')
  lay('serverkey.pem', fourth)
  clock += 1000
  assert.equal((await shake({})).variables?.SSL_SERVER_S_DN_CN, 'fourth.example')
})

test('a certificate that is over is refused, one that ends soon is used and warned of once a day', async () => {
  lay('servercerts/old.example/servercert.pem', made('old', '-days', '1'))
  const real = clock
  warnings.length = 0
  clock += 1000
  assert.equal((await shake({ servername: 'old.example' })).variables?.SSL_SERVER_S_DN_CN, 'old')
  assert.match(warnings.join(), /^warning: servercerts\/old.example\/servercert.pem expires in [01] days$/)
  clock += 2 * 86_400_000
  lay('servercerts/old.example/servercert.pem', made('still old', '-days', '1'))
  await shake({ servername: 'old.example' })
  assert.match(warnings.at(-1) ?? '', /not usable, keeping the one of .*: the certificate ended on /)
  clock = real + 2000
})

test('failures have their words', async () => {
  const word = async (client: ConnectionOptions | string): Promise<string> =>
    shake(client).then(
      () => 'none',
      (error: unknown) => failureOf(error).word
    )
  assert.equal(await word('EHLO x\r\nMAIL FROM:<>\r\n'), 'not_tls')
  assert.equal(await word(''), 'closed')
  assert.equal(await word({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }), 'version')
  assert.equal(await word({ maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' }), 'no_shared_cipher')
})
