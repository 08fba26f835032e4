import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { freePort } from '../helpers/free-port.ts'
import { killGroup, until } from '../helpers/suite.ts'
import { PATIENT } from '../helpers/wait.ts'

const isServed = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

test('make run shows a message through sendmail and one through SMTP arriving, serves, and stops when interrupted', PATIENT, async () => {
  const port = await freePort()
  const tool = join(import.meta.dirname, '..', '..', 'tools', 'run.ts')
  const child = spawn(process.execPath, [tool], { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: { ...process.env, PORT: String(port) } })
  after(() => killGroup(child))
  const ended = once(child, 'close') // of its output, which the daemons share
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (text += data.toString('latin1')))
  await until('the last line', () => text.includes('Interrupt (Ctrl-C) to stop.') || (child.exitCode !== null && assert.fail(text)))
  assert.equal([...text.matchAll(/^--- arrived: .*\/alias\/Maildir\/new\//gm)].length, 2, text)
  assert.match(text, /\nHello from sendmail\.\n/)
  assert.match(text, /\nHello from SMTP\.\n/)
  assert.equal(await isServed(port), true)
  process.kill(-(child.pid ?? 0), 'SIGINT')
  await ended
  assert.match(text, /make run: interrupted; stopping\n[\s\S]*status: exiting\n/)
  assert.equal(await isServed(port), false)
})
