import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { until } from '../helpers/suite.ts'

// qmail-local opened the mbox, then waited for its lock; whoever held it (maildir2mbox, a mail reader) put a new file in its place, and the message went into the old one, which nobody sees.

const home = makeHome()

test('an mbox that is replaced while its lock is waited for gets the message all the same', async () => {
  const box = mkdtempSync(join(tmpdir(), 'qmmr-'))
  after(() => rmSync(box, { recursive: true, force: true }))
  const mbox = join(box, 'mbox')
  writeFileSync(mbox, 'old\n')
  writeFileSync(join(box, 'message'), 'Subject: hi\n\nbody\n')
  const holder = spawn('flock', [mbox, 'sh', '-c', 'echo held; read _'], { stdio: ['pipe', 'pipe', 'inherit'] })
  after(() => holder.kill())
  await new Promise((resolve) => holder.stdout.once('data', resolve))
  const local = spawn(home.at('bin', 'qmail-local'), ['--', 'joe', box, 'joe', '', '', 'ex.org', 'a@b.c', './mbox'], {
    stdio: [openSync(join(box, 'message'), 'r'), 'ignore', 'inherit']
  })
  const ended = new Promise((resolve) => local.on('exit', resolve))
  await until(
    'qmail-local to wait',
    () =>
      existsSync(`${mbox}.lock`) &&
      /flock/.test(
        readFileSync(`/proc/locks`, 'latin1')
          .match(/->.*FLOCK.*/i)?.[0]
          .toLowerCase() ?? ''
      )
  )
  writeFileSync(join(box, 'new'), 'new\n')
  renameSync(join(box, 'new'), mbox)
  holder.stdin.end('\n')
  assert.equal(await ended, 0)
  assert.match(readFileSync(mbox, 'latin1'), /^new\nFrom a@b\.c .*\nReturn-Path: <a@b\.c>\nDelivered-To: joe@ex\.org\nSubject: hi\n\nbody\n\n$/)
})
