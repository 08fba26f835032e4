import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { processTree } from '../helpers/proc.ts'
import { startSuite, until } from '../helpers/suite.ts'
import { PATIENT } from '../helpers/wait.ts'

const O_NONBLOCK = 0o4000

test("another qmail's qmail-send gets blocking descriptors, and no more than qmail's; its good end is ours", PATIENT, async () => {
  const home = makeHome()
  mkdirSync(home.at('foreign'))
  const [program, seen] = [home.at('foreign', 'qmail-send'), home.at('run', 'seen')]
  writeFileSync(seen, '')
  chmodSync(seen, 0o666)
  const script = '#!/bin/sh\nfor n in 0 1 2 3 4 5 6 7; do grep -s flags: /proc/$$/fdinfo/$n || echo closed; done > SEEN\n'
  writeFileSync(program, script.replace('SEEN', seen))
  chmodSync(program, 0o755)
  const child = spawn(home.at('bin', 'qmail-start'), ['./Maildir/', 'cat'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: `${home.at('foreign')}:/usr/bin:/bin` }
  })
  assert.equal(await new Promise((resolve) => child.on('exit', resolve)), 0)
  const lines = readFileSync(seen, 'latin1').trimEnd().split('\n')
  assert.equal(lines.length, 8)
  assert.equal(lines[7], 'closed')
  for (const [fd, line] of lines.slice(0, 7).entries())
    assert.equal(Number.parseInt(line.split(/\s+/)[1] ?? '', 8) & O_NONBLOCK, 0, `descriptor ${fd}: ${line}`)
})

test('qmail-start ends with 0 when qmail-send alone is told SIGTERM, as classic init scripts do', PATIENT, async () => {
  const home = makeHome()
  const suite = await startSuite(home)
  const ended = new Promise((resolve) => suite.child.on('exit', resolve))
  const send = await until('qmail-send among the daemons', () => processTree(suite.child.pid ?? 0).find(({ name }) => name === 'qmail-send'))
  process.kill(send.pid, 'SIGTERM')
  assert.equal(await ended, 0)
  assert.match(suite.log(), /status: exiting\n$/)
})
