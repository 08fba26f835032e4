import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, test } from 'node:test'
import { dnsZone } from '../helpers/dns-zone.ts'
import { freePort } from '../helpers/free-port.ts'
import { makeHome } from '../helpers/home.ts'
import { startProgram } from '../helpers/start-program.ts'

const home = makeHome()

/** A server that says `text`, hears a line, says it again and closes. */
const echo = (host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.write('hi\n')
      socket.once('data', (data) => socket.end(`got ${data}`))
    })
    after(() => server.close())
    server.on('error', reject)
    server.listen(0, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
const TALK = ['sh', '-c', 'echo hello >&7; cat <&6']
const go = (args: string[], env: Record<string, string> = {}, input = '') => startProgram(home, 'tcpclient', { args, env, input })

test("the connection is on 6 and 7, and standard input and output are the caller's", async () => {
  const port = String(await echo('127.0.0.1'))
  assert.deepEqual(await go(['-RHl0', '127.0.0.1', port, ...TALK]), { exit: 0, stdout: 'hi\ngot hello\n', stderr: '' })
  assert.deepEqual(await go(['-RHl0', '0', port, 'sh', '-c', 'cat >&7; cat <&6'], {}, 'from stdin\n'), { exit: 0, stdout: 'hi\ngot from stdin\n', stderr: '' })
})

test('the TCP variables are set, what is unknown is unset', async () => {
  const port = String(await echo('127.0.0.1'))
  const r = await go(['-RHl', 'my.name', '127.0.0.1', port, 'sh', '-c', 'env | grep ^TCP | grep -v LOCALPORT | sort; echo $PROTO'], {
    TCPREMOTEINFO: 'old',
    TCPREMOTEHOST: 'old'
  })
  assert.equal(r.stdout, `TCPLOCALHOST=my.name\nTCPLOCALIP=127.0.0.1\nTCPREMOTEIP=127.0.0.1\nTCPREMOTEPORT=${port}\nTCP\n`)
})

test('IPv6, by number', async (t) => {
  const port = await echo('::1').catch(() => undefined)
  if (port === undefined) return t.skip('this machine has no IPv6')
  const r = await go(['-RHl0', '::1', String(port), 'sh', '-c', 'echo x >&7; cat <&6; echo $PROTO $TCP6REMOTEIP'])
  assert.deepEqual(r, { exit: 0, stdout: 'hi\ngot x\nTCP6 ::1\n', stderr: '' })
})

test("a name's addresses are tried in turn, each failure is told, and the program's exit code is ours", async () => {
  const port = String(await echo('127.0.0.3'))
  const { server } = await dnsZone({ 'two.example': { a: ['127.0.0.2', '127.0.0.3'] }, 'none.example': {}, 'broken.example': { rcode: 2 } })
  const env = { DNSCACHEIP: server }
  const r = await go(['-4RHl0', 'two.example', port, 'sh', '-c', 'echo $TCPREMOTEIP; exit 7'], env)
  assert.deepEqual([r.exit, r.stdout], [7, '127.0.0.3\n'])
  assert.match(r.stderr, new RegExp(`^(tcpclient: unable to connect to 127.0.0.2 port ${port}: connection refused\n)?$`))
  assert.deepEqual(await go(['-RHl0', 'none.example', port, 'true'], env), {
    exit: 111,
    stdout: '',
    stderr: 'tcpclient: fatal: no IP address for none.example\n'
  })
})

test('a signal that ends the program ends us the same way', async () => {
  const port = String(await echo('127.0.0.1'))
  assert.equal((await go(['-RHl0', '127.0.0.1', port, 'sh', '-c', 'kill -KILL $$'])).exit, 'SIGKILL')
})

test('what fails is told, -q keeps quiet', async () => {
  const closed = String(await freePort())
  const port = String(await echo('127.0.0.1'))
  const table: [args: string[], exit: number, stderr: string][] = [
    [['-RHl0', '127.0.0.1', closed, 'true'], 111, `tcpclient: unable to connect to 127.0.0.1 port ${closed}: connection refused\n`],
    [['-qRHl0', '127.0.0.1', closed, 'true'], 111, ''],
    [['-vRHl0', '127.0.0.1', port, 'true'], 0, `tcpclient: connected to 127.0.0.1 port ${port}\n`],
    [['-RHl0', '127.0.0.1', port, './none'], 111, 'tcpclient: fatal: unable to run ./none: file does not exist\n'],
    [['-RHl0', '-i', '192.0.2.1', '127.0.0.1', port, 'true'], 111, 'tcpclient: fatal: unable to bind socket: address not available\n'],
    [['-RHl0', '127.0.0.1', 'no-such-service', 'true'], 111, 'tcpclient: fatal: unable to figure out port number for no-such-service\n']
  ]
  for (const [args, exit, stderr] of table) {
    const r = await go(args)
    assert.deepEqual([r.exit, r.stderr], [exit, stderr], args.join(' '))
  }
})
