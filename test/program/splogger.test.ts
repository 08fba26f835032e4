import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { isRoot, makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
/** A /dev of its own takes a mount namespace, and a listener Node cannot be: datagrams are received by python3. */
const canListen = isRoot && spawnSync('unshare', ['-m', 'python3', '-c', '']).status === 0
const skip = canListen ? false : 'needs root, unshare and python3 for a /dev/log of its own'

const RECEIVER = `
import os, socket, subprocess, sys
os.umask(0)
def listen():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind('/dev/log')
    s.settimeout(20)
    return s
s = listen()
p = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE)
for part in sys.argv[1].encode('latin1').split(b'RESTART'):
    if s is None:
        s = listen()
    p.stdin.write(part)
    p.stdin.flush()
    for _ in range(part.count(b'\\n') - part.count(b'\\n\\n') if part.endswith(b'\\n') else 0):
        sys.stdout.write(s.recv(4096).decode('latin1') + '\\n')
    s.close()
    os.unlink('/dev/log')
    s = None
p.stdin.close()
sys.exit(p.wait())
`

/** The datagrams /dev/log gets for this input; where it says RESTART, syslogd is stopped and started again. */
const logged = async (input: string, ...args: string[]): Promise<{ exit: number; lines: string[]; stderr: string }> => {
  const script = 'mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 && mknod -m 666 /dev/urandom c 1 9 && exec "$@"'
  const command = ['-m', 'sh', '-c', script, 'sh', 'python3', '-c', RECEIVER, input, home.at('bin', 'splogger'), ...args]
  const child = spawn('unshare', command, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: '/usr/bin:/bin', TZ: 'UTC' } })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (d) => (stdout += d))
  child.stderr.on('data', (d) => (stderr += d))
  const [exit] = await once(child, 'close')
  return { exit, lines: stdout.split('\n').slice(0, -1), stderr }
}

test('each line is a datagram as syslog(3) makes them: priority, local time, tag, time in microseconds', { skip }, async () => {
  const { exit, lines, stderr } = await logged('hello %s\nwarning: w\n\nalert: a\tb\n', 'qmail')
  assert.deepEqual([exit, stderr], [0, ''])
  const masked = lines.map((line) => line.replace(/[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d/, 'TIME').replace(/\d{10}\.\d{6}/, 'STAMP'))
  assert.deepEqual(masked, ['<22>TIME qmail: STAMP hello %s', '<20>TIME qmail: STAMP warning: w', '<17>TIME qmail: STAMP alert: a?b'])
})

test('tag and facility may be given; facility 0 becomes user, as in syslog(3)', { skip }, async () => {
  assert.match((await logged('x\n')).lines[0] ?? '', /^<22>.* splogger: /)
  assert.match((await logged('x\n', '-t', '5')).lines[0] ?? '', /^<46>.* -t: /)
  assert.match((await logged('x\n', 'a', 'kern')).lines[0] ?? '', /^<14>.* a: /)
})

test('it goes on when syslogd is restarted', { skip }, async () => {
  const { exit, lines } = await logged('one\nRESTARTtwo\nthree\n')
  assert.deepEqual([exit, lines.map((line) => line.replace(/.* /, ''))], [0, ['one', 'two', 'three']])
})

test('without /dev/log lines are dropped, and it succeeds', () => {
  assert.deepEqual(runProgram(home, 'splogger', { input: 'lost\n' }), { exit: 0, stdout: '', stderr: '' })
})
