import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { connect, createServer, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { dnsZone } from '../helpers/dns-zone.ts'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()

/** Plays inetd: a connection is accepted, and tcp-env run on it; what the client hears, with the two ports. */
const underInetd = (args: string[], env: Record<string, string>): Promise<{ heard: string; local: number; remote: number }> =>
  new Promise((resolve) => {
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      spawn(home.at('bin', 'tcp-env'), args, { stdio: [socket, socket, 'inherit'], env: { PATH: process.env.PATH ?? '', ...env } })
      socket.destroy()
    })
    after(() => server.close())
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const local = typeof address === 'object' && address ? address.port : 0
      const client: Socket = connect(local, '127.0.0.1', () => client.write('hello\n'))
      const remote = () => client.localPort ?? 0
      let [heard, port] = ['', 0]
      client.on('connect', () => {
        port = remote()
      })
      client.on('data', (data) => {
        heard += data
      })
      client.on('error', () => {})
      client.on('close', () => resolve({ heard, local, remote: port }))
    })
  })

test('the variables of the connection on descriptor 0 are set, and the program can read it as usual', async () => {
  const { server } = await dnsZone({ '1.0.0.127.in-addr.arpa': { ptr: ['Local.Host'] } })
  const { heard, local, remote } = await underInetd(['-R', 'sh', '-c', 'read a; echo "$a"; env | grep ^TCP | sort; echo $PROTO'], {
    DNSCACHEIP: server,
    TCPREMOTEINFO: 'old'
  })
  assert.equal(
    heard,
    `hello\nTCPLOCALHOST=local.host\nTCPLOCALIP=127.0.0.1\nTCPLOCALPORT=${local}\nTCPREMOTEHOST=local.host\nTCPREMOTEIP=127.0.0.1\nTCPREMOTEPORT=${remote}\nTCP\n`
  )
})

test('a name that cannot be told now is softdnserror', async () => {
  const { server } = await dnsZone({ '1.0.0.127.in-addr.arpa': { rcode: 2 } })
  const { heard } = await underInetd(['-R', 'sh', '-c', 'echo $TCPREMOTEHOST'], { DNSCACHEIP: server })
  assert.equal(heard, 'softdnserror\n')
})

test('where PROTO is TCP already nothing changes', () => {
  const r = runProgram(home, 'tcp-env', { args: ['-R', 'sh', '-c', 'echo $TCPREMOTEIP'], env: { PROTO: 'TCP', TCPREMOTEIP: '192.0.2.7' } })
  assert.deepEqual(r, { exit: 0, stdout: '192.0.2.7\n', stderr: '' })
})

test('no connection, no program, one that cannot be run: 111 without a word', () => {
  for (const [args, env] of [
    [['true'], {}],
    [[], { PROTO: 'TCP' }],
    [['./none'], { PROTO: 'TCP' }]
  ] as [string[], Record<string, string>][]) {
    assert.deepEqual(runProgram(home, 'tcp-env', { args, env }), { exit: 111, stdout: '', stderr: '' })
  }
})
