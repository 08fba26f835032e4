import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
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

test('make run says in six lines what it did, serves, sends as it says it does, and stops when interrupted', PATIENT, async () => {
  const port = await freePort()
  const tool = join(import.meta.dirname, '..', '..', 'tools', 'run.ts')
  const child = spawn(process.execPath, [tool], { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: { ...process.env, PORT: String(port) } })
  after(() => killGroup(child))
  const ended = once(child, 'close')
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (text += data.toString('latin1')))
  await until('the last line', () => text.includes('Interrupt (Ctrl-C) to stop.') || (child.exitCode !== null && assert.fail(text)))
  const lines = text.trimEnd().split('\n')
  assert.ok(lines.length <= 6, text)
  assert.match(text, /^A message through sendmail arrived: \S+\/alias\/Maildir\/new\/\S+$/m)
  assert.match(text, /^A message by SMTP \(the server said: 250 ok \d+ qp \d+\) arrived: (\S+)$/m)
  assert.equal(await isServed(port), true)
  const [, command = ''] = /^Send another: (.*)$/m.exec(text) ?? []
  const { status, stderr } = spawnSync('/bin/sh', ['-c', command], { encoding: 'latin1' })
  assert.equal(status, 0, stderr)
  const [, log = ''] = /^The log is in (\S+);/m.exec(text) ?? []
  assert.match(readFileSync(log, 'latin1'), /starting delivery 2: msg \d+ to local you@qmail\.example\n/)
  process.kill(-(child.pid ?? 0), 'SIGINT')
  await ended
  assert.match(text, /\nmake run: interrupted; stopped\n$/)
  assert.equal(await isServed(port), false)
})
