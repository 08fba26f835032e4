import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { cdbBytes } from '../../src/format/cdb.ts'
import { client } from '../helpers/dialogue.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { until } from '../helpers/suite.ts'

const home = makeHome()
const scratch = mkdtempSync(join(tmpdir(), 'qm-tcp-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
chmodSync(scratch, 0o755)

interface Server {
  port: number
  /** Its descriptor 2 so far. */
  log: () => string
  /** SIGTERM; the exit code. */
  stop: () => Promise<number | null>
}

/** Starts tcpserver on a free port of 127.0.0.1, and learns the port by -1. */
const start = async (options: string[], program: string[], env: Record<string, string> = {}, host = '127.0.0.1'): Promise<Server> => {
  const child = spawn(home.at('bin', 'tcpserver'), ['-1', ...options, host, '0', ...program], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', ...env }
  })
  let out = ''
  let log = ''
  child.stdout.on('data', (data) => {
    out += data
  })
  child.stderr.on('data', (data) => {
    log += data.toString('latin1')
  })
  after(() => child.kill('SIGKILL'))
  await until('the port', () => out.endsWith('\n'))
  const stop = (): Promise<number | null> => {
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
    child.kill()
    return ended
  }
  return { port: Number(out), log: () => log, stop }
}
const QUIET = ['-RHl0']

test('-v: the log lines are exact, with the raw wait status', async () => {
  const server = await start(['-vRHl', 'lh:x%', '-c', '2'], ['sh', '-c', 'exit 3'])
  const c = client(server.port)
  const port = await new Promise((resolve) => c.socket.on('connect', () => resolve(c.socket.localPort)))
  await c.closed()
  await until('the end', () => server.log().endsWith('status 768\ntcpserver: status: 0/2\n'))
  const pid = /pid (\d+)/.exec(server.log())?.[1]
  assert.equal(
    server.log(),
    `tcpserver: status: 0/2\ntcpserver: status: 1/2\ntcpserver: pid ${pid} from 127.0.0.1\ntcpserver: ok ${pid} lh?x?:127.0.0.1:${server.port} :127.0.0.1::${port}\ntcpserver: end ${pid} status 768\ntcpserver: status: 0/2\n`
  )
  assert.equal(await server.stop(), 0)
})

test('the program has the connection on 0 and 1, the TCP variables, and nothing of the caller that they replace', async () => {
  const server = await start(['-RHl', 'name.example'], ['sh', '-c', 'read a; echo "got $a"; env | grep -E "^(TCP|MALLOC|QMAIL)" | sort; echo $PROTO $FOO'], {
    TCPREMOTEINFO: 'old',
    TCPREMOTEHOST: 'old',
    TCPLOCALHOST: 'old',
    FOO: 'kept'
  })
  const c = client(server.port)
  c.say('hello\n')
  assert.equal(
    (await c.closed()).replace(/^TCPREMOTEPORT=.*$/m, 'TCPREMOTEPORT=N'),
    `got hello\nTCPLOCALHOST=name.example\nTCPLOCALIP=127.0.0.1\nTCPLOCALPORT=${server.port}\nTCPREMOTEIP=127.0.0.1\nTCPREMOTEPORT=N\nTCP kept\n`
  )
})

test('rules are looked at for every connection; a denial costs the banner and nothing else', async () => {
  const rules = join(scratch, 'rules.cdb')
  const put = (records: [string, string][]): void => {
    writeFileSync(`${rules}.tmp`, cdbBytes(records))
    renameSync(`${rules}.tmp`, rules)
  }
  put([['127.', '+RELAYCLIENT=\0+TCPREMOTEHOST=h\0']])
  const server = await start([...QUIET, '-v', '-B', 'hi ', '-x', rules], ['sh', '-c', `echo "\${RELAYCLIENT-unset} $TCPREMOTEHOST"`])
  assert.equal(await client(server.port).closed(), 'hi  h\n')
  put([['', 'D\0']])
  assert.equal(await client(server.port).closed(), 'hi ')
  await until('the denial', () => /deny \d+ 0:.*\ntcpserver: end \d+ status 25600\n/.test(server.log()))
  rmSync(rules)
  assert.equal(await client(server.port).closed(), 'hi ')
  await until('the warning', () => server.log().includes(`tcpserver: warning: dropping connection, unable to read ${rules}: file does not exist\n`))
})

test('-X lets connections through without a rules file', async () => {
  const server = await start([...QUIET, '-X', '-x', join(scratch, 'none.cdb')], ['echo', 'prog'])
  assert.equal(await client(server.port).closed(), 'prog\n')
})

test('connections over the limit wait their turn and are counted only then', async () => {
  const server = await start([...QUIET, '-v', '-c', '1'], ['sh', '-c', 'echo in; read a; echo "$a"'])
  const [first, second] = [client(server.port), client(server.port)]
  const [served, other] = await Promise.race([first.until(/in/).then(() => [first, second]), second.until(/in/).then(() => [second, first])])
  assert.ok(served && other)
  assert.equal(other.heard(), '')
  served.say('a\n')
  assert.equal(await served.closed(), 'in\na\n')
  other.say('b\n')
  assert.equal(await other.closed(), 'in\nb\n')
  assert.ok(!server.log().includes('status: 2/1'))
})

test('a hundred connections over the limit are all served in the end', async () => {
  const server = await start([...QUIET, '-c', '1'], ['sh', '-c', 'read a; echo "got $a"'])
  const clients = Array.from({ length: 100 }, () => client(server.port))
  await until('all connections', () => clients.every((c) => c.socket.readyState === 'open'))
  for (const c of clients) c.say('x\n')
  for (const c of clients) assert.equal(await c.closed(), 'got x\n')
})

test('rules that may not be read any more drop the connection', { skip: isRoot ? false : 'needs root' }, async () => {
  const rules = join(scratch, 'closed.cdb')
  writeFileSync(rules, cdbBytes([['', '']]))
  const server = await start([...QUIET, '-u', '64990', '-x', rules], ['echo', 'prog'])
  assert.equal(await client(server.port).closed(), 'prog\n')
  chmodSync(rules, 0)
  assert.equal(await client(server.port).closed(), '')
  await until('the warning', () => server.log().includes(`unable to read ${rules}: access denied\n`))
})

test('-w: a folder of PATH that may not be entered is passed over', { skip: isRoot ? false : 'needs root' }, async () => {
  const closed = join(scratch, 'closed')
  mkdirSync(closed, { mode: 0o700 })
  const PATH = `${closed}:${process.env.PATH}`
  const server = await start([...QUIET, '-u', '64990', '-w', '1'], ['echo', 'prog'], { PATH })
  assert.equal(await client(server.port).closed(), 'prog\n')
})

test('a program that cannot be run is told of, and the connection dropped with status 111', async () => {
  const server = await start([...QUIET, '-v'], ['./no-such-program'])
  assert.equal(await client(server.port).closed(), '')
  await until('the warning', () => server.log().includes('tcpserver: warning: dropping connection, unable to run ./no-such-program: file does not exist\n'))
  await until('the end', () => /end \d+ status 28416\n/.test(server.log()))
})

test('SIGTERM ends it with 0 while programs live on', async () => {
  const server = await start(QUIET, ['sh', '-c', 'echo in; read a; echo "still $a"'])
  const c = client(server.port)
  await c.until(/in/)
  assert.equal(await server.stop(), 0)
  c.say('here\n')
  assert.equal(await c.closed(), 'in\nstill here\n')
})

test('-g and -u: no other group is left', { skip: isRoot ? false : 'needs root' }, async () => {
  const server = await start([...QUIET, '-g', '64991', '-u', '64990'], ['sh', '-c', 'id -u; id -g; id -G'])
  assert.equal(await client(server.port).closed(), '64990\n64991\n64991\n')
})

test('an IPv6 client is served on :0, an IPv4 one there as itself', async () => {
  const server = await start([...QUIET, '-v'], ['sh', '-c', 'echo $PROTO $TCPREMOTEIP'], {}, ':0')
  assert.equal(await client(server.port).closed(), 'TCP 127.0.0.1\n')
  const heard = await new Promise<string>((resolve) => {
    let text = ''
    const socket = connect({ port: server.port, host: '::1' })
    socket.on('data', (data) => {
      text += data
    })
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    socket.on('end', () => resolve(text))
  })
  if (heard === 'EADDRNOTAVAIL' || heard === 'ECONNREFUSED') return // a machine without IPv6
  assert.equal(heard, 'TCP6 ::1\n')
})

test('usage is 100, and what keeps it from starting 111, in its own words', () => {
  const table: [args: string[], exit: number, stderr: RegExp][] = [
    [[], 100, /^tcpserver: usage: tcpserver \[/],
    [['-Z', '0', '0', 'true'], 100, /^tcpserver: illegal option -- Z\ntcpserver: usage: /],
    [['127.0.0.1', 'no-such-service', 'true'], 111, /^tcpserver: fatal: unable to figure out port number for no-such-service\n$/],
    [['192.0.2.1', '0', 'true'], 111, /^tcpserver: fatal: unable to bind: address not available\n$/]
  ]
  for (const [args, exit, stderr] of table) {
    const r = runProgram(home, 'tcpserver', { args })
    assert.equal(r.exit, exit)
    assert.match(r.stderr, stderr)
  }
})

/** A client from another address of 127/8: what it hears until the end. */
const hear = (port: number, from: string, say = ''): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from }, () => socket.write(Buffer.from(say, 'latin1')))
    let text = ''
    socket.on('data', (data) => {
      text += data.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })

test('-m and -M: connections at a time from an address and from a network; the others hear $DIEMSG, and may come later', async () => {
  const server = await start([...QUIET, '-v', '-m', '1', '-M', '2', '-N', '24'], ['sh', '-c', 'echo in; read a'], { DIEMSG: '421 not now' })
  const first = client(server.port)
  await first.until(/in/)
  assert.equal(await hear(server.port, '127.0.0.1'), '421 not now\r\n')
  await until('the log', () => /deny (\d+) .*\ntcpserver: limit \1 over 1 connections from this address\ntcpserver: end \1 status 25600\n/.test(server.log()))
  const second = connect({ port: server.port, host: '127.0.0.1', localAddress: '127.0.0.2' })
  after(() => second.destroy())
  await until('two', () => /status: 2\//.test(server.log()) && (server.log().match(/ ok /g) ?? []).length === 2)
  assert.equal(await hear(server.port, '127.0.0.3'), '421 not now\r\n')
  assert.equal(await hear(server.port, '127.0.1.1', '\n'), 'in\n')
  first.say('\n')
  await first.closed()
  await until('two ends', () => server.log().match(/end \d+ status 0\n/g)?.length === 2)
  assert.equal(await hear(server.port, '127.0.0.1', '\n'), 'in\n')
  second.destroy()
  await server.stop()
})

test('-k: connections in a time; rules may say otherwise for some', async () => {
  const rules = join(scratch, 'limits.cdb')
  writeFileSync(rules, cdbBytes([['127.0.0.9', '+MAXRATEIP=0\0']]))
  const server = await start([...QUIET, '-k', '2/3600', '-x', rules], ['echo', 'in'])
  const three = async (from: string): Promise<string[]> => [await hear(server.port, from), await hear(server.port, from), await hear(server.port, from)]
  assert.deepEqual(await three('127.0.0.1'), ['in\n', 'in\n', ''])
  assert.deepEqual(await three('127.0.0.2'), ['in\n', 'in\n', ''])
  assert.deepEqual(await three('127.0.0.9'), ['in\n', 'in\n', 'in\n'])
})

test('-a: the PROXY header says who the client is; what follows it is for the program', async () => {
  const server = await start(
    ['-RHl0', '-v', '-a', '127.0.0.1,::1'],
    ['sh', '-c', 'read a; echo "$TCPREMOTEIP $TCPREMOTEPORT $TCPLOCALIP $TCPLOCALPORT $PROTO $a"']
  )
  assert.equal(await hear(server.port, '127.0.0.1', 'PROXY TCP4 192.0.2.7 203.0.113.1 4000 25\r\nhello\n'), '192.0.2.7 4000 203.0.113.1 25 TCP hello\n')
  assert.equal(await hear(server.port, '127.0.0.1', 'PROXY TCP6 2001:DB8::7 2001:db8::1 4000 25\r\nhello\n'), '2001:db8::7 4000 2001:db8::1 25 TCP6 hello\n')
  const v2 = '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\xcb\0q\x01\x0f\xa0\0\x19'
  assert.equal(await hear(server.port, '127.0.0.1', `${v2}hello\n`), '192.0.2.7 4000 203.0.113.1 25 TCP hello\n')
  assert.match(await hear(server.port, '127.0.0.1', 'PROXY UNKNOWN\r\nhello\n'), /^127\.0\.0\.1 \d+ 127\.0\.0\.1 \d+ TCP hello\n$/)
  assert.match(await hear(server.port, '127.0.0.2', 'PROXY TCP4 192.0.2.7 203.0.113.1 4000 25\r\n'), /^127\.0\.0\.2 \d+ .* TCP PROXY TCP4 /)
  assert.equal(await hear(server.port, '127.0.0.1', 'EHLO x\r\n'), '')
  await until('the warning', () => server.log().includes('tcpserver: warning: dropping connection, bad PROXY header\n'))
  const slow = client(server.port)
  for (const byte of 'PROXY TCP4 192.0.2.7 203.0.113.1 4000 25\r\n') slow.say(byte)
  slow.say('slow\n')
  assert.equal(await slow.closed(), '192.0.2.7 4000 203.0.113.1 25 TCP slow\n')
  assert.match(server.log(), /ok \d+ 0:203\.0\.113\.1:25 :192\.0\.2\.7::4000\n/)
})

test('-a wants networks', () => {
  const r = runProgram(home, 'tcpserver', { args: ['-a', '10.0.0.0/33', '0', '0', 'true'] })
  assert.equal(r.exit, 100)
  assert.match(r.stderr, /^tcpserver: no network: 10\.0\.0\.0\/33\ntcpserver: usage: /)
})

test('-6: only IPv6 is served, with both sets of variables, and rules know networks of it', async (t) => {
  const probe = createServer()
  const hasV6 = await new Promise((resolve) => probe.once('error', () => resolve(false)).listen(0, '::1', () => resolve(true)))
  probe.close()
  if (!hasV6) return t.skip('this machine has no IPv6')
  const rules = join(scratch, 'v6.cdb')
  writeFileSync(rules, cdbBytes([[`^${'0'.repeat(120)}`, '+NET=loopback\0']]))
  const server = await start([...QUIET, '-6', '-x', rules], ['sh', '-c', 'echo "$PROTO $TCPREMOTEIP $TCP6REMOTEIP $TCP6LOCALPORT $NET"'], {}, '0')
  const heard = await new Promise<string>((resolve) => {
    let text = ''
    const socket = connect({ port: server.port, host: '::1' })
    socket.on('data', (data) => {
      text += data
    })
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    socket.on('end', () => resolve(text))
  })
  assert.equal(heard, `TCP6 ::1 ::1 ${server.port} loopback\n`)
  const v4 = await new Promise((resolve) =>
    connect({ port: server.port, host: '127.0.0.1' }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
  )
  assert.equal(v4, 'ECONNREFUSED')
})
