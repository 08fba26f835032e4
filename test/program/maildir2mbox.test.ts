import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { startProgram } from '../helpers/start-program.ts'
import { until } from '../helpers/suite.ts'

const home = makeHome()
const HOUR_AGO = Date.now() / 1000 - 3600

const makeBox = () => {
  const path = mkdtempSync(join(tmpdir(), 'qmm2-'))
  after(() => rmSync(path, { recursive: true, force: true }))
  for (const part of ['', 'tmp', 'new', 'cur']) mkdirSync(join(path, 'Maildir', part))
  const lay = (name: string, text: string, seconds = HOUR_AGO): void => {
    writeFileSync(join(path, 'Maildir', name), text)
    utimesSync(join(path, 'Maildir', name), seconds, seconds)
  }
  const env = { MAILDIR: join(path, 'Maildir'), MAIL: join(path, 'mbox'), MAILTMP: join(path, 'mbox.tmp') }
  return { path, lay, env, mbox: () => readFileSync(join(path, 'mbox'), 'latin1'), run: () => runProgram(home, 'maildir2mbox', { env }) }
}

test('a partial last line is kept, which qmail loses', () => {
  const box = makeBox()
  box.lay('new/a', 'Return-Path: <a@b.c>\n\nfirst\nFrom x\npartial')
  assert.deepEqual(box.run(), { exit: 0, stdout: '', stderr: '' })
  assert.match(box.mbox(), /^From a@b\.c .*\nReturn-Path: <a@b\.c>\n\nfirst\n>From x\npartial\n\n$/)
  assert.deepEqual(readdirSync(join(box.path, 'Maildir/new')), [])
  assert.deepEqual(readdirSync(box.path).toSorted(), ['Maildir', 'mbox'])
})

test('messages of the future stay', () => {
  const box = makeBox()
  box.lay('new/later', 'x\n', Date.now() / 1000 + 3600)
  assert.equal(box.run().exit, 0)
  assert.ok(!existsSync(join(box.path, 'mbox')))
  assert.deepEqual(readdirSync(join(box.path, 'Maildir/new')), ['later'])
})

test('it waits for an flock and for a lock file of the customary name', async () => {
  const box = makeBox()
  box.lay('new/a', 'x\n')
  writeFileSync(join(box.path, 'mbox'), '')
  writeFileSync(join(box.path, 'mbox.lock'), '')
  const holder = spawn('flock', [join(box.path, 'mbox'), 'sh', '-c', 'echo held; read _'], { stdio: ['pipe', 'pipe', 'inherit'] })
  after(() => holder.kill())
  await new Promise((resolve) => holder.stdout.once('data', resolve))
  const running = startProgram(home, 'maildir2mbox', { env: box.env })
  let over = false
  void running.then(() => {
    over = true
  })
  rmSync(join(box.path, 'mbox.lock'))
  await until('our own lock file', () => /^[0-9]+:/.test(existsSync(join(box.path, 'mbox.lock')) ? readFileSync(join(box.path, 'mbox.lock'), 'utf8') : ''))
  assert.equal(over, false)
  assert.equal(box.mbox(), '')
  holder.stdin.end('\n')
  assert.equal((await running).exit, 0)
  assert.match(box.mbox(), /^From XXX .*\nx\n\n$/)
  assert.ok(!existsSync(join(box.path, 'mbox.lock')))
})
