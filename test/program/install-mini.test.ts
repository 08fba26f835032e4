import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { installMini } from '../../tools/install-mini.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { queued } from '../helpers/queue-files.ts'
import { startQueued, startServer } from '../helpers/suite.ts'
import { until } from '../helpers/wait.ts'

process.env.QMAIL_TEST_LINK_NODE = '1'
const mini = mkdtempSync(join(tmpdir(), 'qm-mini-'))
after(() => rmSync(mini, { recursive: true, force: true }))
const run = (program: string, args: string[], input: string) =>
  spawnSync(join(mini, 'bin', program), args, { input, env: { PATH: process.env.PATH ?? '', USER: 'joe' }, ...(isRoot ? { uid: 64_990, gid: 64_990 } : {}) })

test('a mini installation has no queue and no users; its mail goes to another host by QMQP', async () => {
  installMini(mini)
  assert.deepEqual(readdirSync(mini).sort(), ['bin', 'control', 'doc', 'lib', 'man', 'package.json', 'service'])
  assert.ok(!existsSync(join(mini, 'lib', 'ids')))
  const home = makeHome()
  const queue = await startQueued(home)
  const { port, daemon } = await startServer(home, 'qmail-qmqpd')
  writeFileSync(join(mini, 'control', 'me'), 'mini.example.org\n')
  writeFileSync(join(mini, 'control', 'qmqpservers'), `127.0.0.1:${port}\n`)
  const sent = run('sendmail', ['-t'], 'To: ann@far.example\nSubject: from mini\n\nhello\n')
  assert.deepEqual([sent.status, sent.stderr.toString()], [0, ''])
  const message = await until('the message, by way of drop/', () => queued(home)[0]) // who is neither root nor qmailq leaves it there
  assert.match(message.message, /with QMQP; .*\n[\s\S]*From: joe@mini\.example\.org\n[\s\S]*\n\nhello\n$/)
  assert.match(message.envelope, /Fjoe@mini\.example\.org\0Tann@far\.example\0/)
  await daemon.stop()
  await queue.stop()
  const refused = run('sendmail', ['-t'], 'To: ann@far.example\n\nhello\n')
  assert.equal(refused.status, 111)
})

test('it does not go where a queue is', () => {
  const home = makeHome()
  assert.throws(() => installMini(home.path), /has a queue/)
})
