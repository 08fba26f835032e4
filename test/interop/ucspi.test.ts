import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { dnsZone } from '../helpers/dns-zone.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { until } from '../helpers/suite.ts'

const debian = (name: string): string => `/usr/bin/${name}`
const skip = existsSync(debian('tcpserver')) ? false : 'needs the Debian package ucspi-tcp'
const home = makeHome()
const ours = (name: string): string => home.at('bin', name)
const cwd = mkdtempSync(join(tmpdir(), 'qm-ucspi-'))
after(() => rmSync(cwd, { recursive: true, force: true }))

/** Runs a program to its end; exit code and output. */
const go = (program: string, args: string[], input = '', env: Record<string, string> = {}): [exit: number | null, stdout: string, stderr: string] => {
  const r = spawnSync(program, args, { input: Buffer.from(input, 'latin1'), cwd, env: { PATH: '/usr/bin:/bin', ...env } })
  return [r.status, r.stdout.toString('latin1'), r.stderr.toString('latin1')]
}

const RULES = `# comment
127.0.0.1:allow,RELAYCLIENT="",X="one"
127.0.0.2:deny
10.:allow,NET="ten"
10.1.2-4.:deny
192.168.5.250-300:allow,R=/a"b/
=mail.example.org:allow,H="exact"
=.example.org:allow,H="suffix"
=:allow,H="any"
joe@127.0.0.1:allow,WHO="joe"
ann@=mail.example.org:allow,WHO="ann"
127.0.0.1:deny
:allow,DEF="\xff"
`

test('tcprules: the same bytes as the other implementation makes', { skip }, () => {
  assert.deepEqual(go(ours('tcprules'), ['ours.cdb', 'tmp'], RULES), [0, '', ''])
  assert.deepEqual(go(debian('tcprules'), ['debian.cdb', 'tmp'], RULES), [0, '', ''])
  assert.deepEqual(readFileSync(join(cwd, 'ours.cdb')), readFileSync(join(cwd, 'debian.cdb')))
})

test('tcprulescheck: both say the same of both files', { skip }, () => {
  const peers: Record<string, string>[] = [
    { TCPREMOTEIP: '127.0.0.1' },
    { TCPREMOTEIP: '127.0.0.1', TCPREMOTEINFO: 'joe' },
    { TCPREMOTEIP: '127.0.0.2' },
    { TCPREMOTEIP: '10.1.3.9', TCPREMOTEHOST: 'x.example.org' },
    { TCPREMOTEIP: '10.9.3.9', TCPREMOTEHOST: 'mail.example.org', TCPREMOTEINFO: 'ann' },
    { TCPREMOTEIP: '192.168.5.255' },
    { TCPREMOTEIP: '8.8.8.8', TCPREMOTEHOST: 'x.example.org' },
    { TCPREMOTEIP: '8.8.8.8', TCPREMOTEHOST: 'other' },
    { TCPREMOTEIP: '8.8.8.8' },
    {}
  ]
  for (const peer of peers)
    for (const file of ['ours.cdb', 'debian.cdb'])
      assert.deepEqual(go(ours('tcprulescheck'), [file], '', peer), go(debian('tcprulescheck'), [file], '', peer), JSON.stringify(peer))
})

test('rules that both refuse, in the same words', { skip }, () => {
  for (const line of [':maybe', ':allow,', ':allow,A', ':allow,A="x', ':allow,A="x"y', '1.a-b.:deny', ': deny', ':allow,A=']) {
    assert.deepEqual(go(ours('tcprules'), ['x.cdb', 'tmp'], `${line}\n`), go(debian('tcprules'), ['x.cdb', 'tmp'], `${line}\n`), line)
  }
})

/** Starts a tcpserver on a free port; the port. */
const serve = async (tcpserver: string, args: string[], program: string[], env: Record<string, string> = {}): Promise<string> => {
  const child = spawn(tcpserver, ['-1', '-RHl0', ...args, '127.0.0.1', '0', ...program], {
    stdio: ['ignore', 'pipe', 'ignore'],
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env }
  })
  after(() => child.kill())
  let out = ''
  child.stdout.on('data', (data) => {
    out += data
  })
  await until('the port', () => out.endsWith('\n'))
  return out.trim()
}

test('each tcpclient with each tcpserver, and rules of either tcprules', { skip }, async () => {
  const talk = ['sh', '-c', 'echo hello >&7; cat <&6']
  for (const server of [ours, debian])
    for (const rules of ['ours.cdb', 'debian.cdb']) {
      const port = await serve(server('tcpserver'), ['-x', rules], ['sh', '-c', 'read a; echo "$a $X $PROTO $TCPREMOTEIP $TCPLOCALHOST"'])
      for (const client of [ours, debian])
        assert.deepEqual(go(client('tcpclient'), ['-RHl0', '127.0.0.1', port, ...talk]), [0, 'hello one TCP 127.0.0.1 0\n', ''])
      assert.deepEqual(go(ours('tcpclient'), ['-RHl0', '-i', '127.0.0.2', '127.0.0.1', port, ...talk])[1], '')
    }
})

test('recordio and fixcrio of both write the same', { skip }, () => {
  const input = 'a\nb\r\nc\r\r\nd'
  assert.deepEqual(go(ours('fixcrio'), ['sh', '-c', 'cat'], input), go(debian('fixcrio'), ['sh', '-c', 'cat'], input))
  const record = (program: string): string[] => {
    const [exit, stdout, stderr] = go(program, ['sh', '-c', 'cat > got; printf "x\\ny"; exit 3'], input)
    assert.equal(exit, 3)
    return [stdout, ...stderr.replace(/^\d+/gm, 'PID').split('\n').sort()]
  }
  assert.deepEqual(record(ours('recordio')), record(debian('recordio')))
  for (const name of ['addcr', 'delcr']) assert.deepEqual(go(ours(name), [], input), go(debian(name), [], input))
})

/** An address of 127/8 that no other test binds at port 53. */
const DNS_ADDRESS = '127.53.10.1'

test('rblsmtpd of both before qmail-smtpd, below tcpserver of both, with a list of our own name server', {
  skip: skip || (isRoot ? false : 'needs root for port 53')
}, async () => {
  const { server } = await dnsZone(
    { '2.0.0.127.rbl.example': { txt: ['Listed, go away'] }, '3.0.0.127.rbl.example': { txt: ['x'] }, '3.0.0.127.ok.example': { a: ['127.0.0.2'] } },
    DNS_ADDRESS,
    53
  )
  const talk = (port: number, from: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let heard = ''
      const socket = connect({ port, host: '127.0.0.1', localAddress: from }, () => socket.write('EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nQUIT\r\n'))
      socket.on('data', (data) => {
        heard += data.toString('latin1')
      })
      socket.on('error', reject)
      socket.on('close', () => resolve(heard))
    })
  for (const [tcpserver, rblsmtpd] of [
    [ours, debian],
    [debian, ours]
  ] as const) {
    const chain = [rblsmtpd('rblsmtpd'), '-a', 'ok.example', '-r', 'rbl.example', ours('qmail-smtpd')]
    const port = Number(await serve(tcpserver('tcpserver'), [], chain, { DNSCACHEIP: server }))
    assert.match(await talk(port, '127.0.0.2'), /^220 rblsmtpd\.local\r\n250 .*\r\n250 .*\r\n451 Listed, go away\r\n221 /)
    for (const from of ['127.0.0.3', '127.0.0.4']) assert.match(await talk(port, from), /^220 mail\.example\.org ESMTP\r\n/)
  }
})
