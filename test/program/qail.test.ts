import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const HOUR_AGO = Date.now() / 1000 - 3600

/** A mailbox with one new message, and a folder for PATH. */
const makeBox = () => {
  const path = mkdtempSync(join(tmpdir(), 'qmrd-'))
  after(() => rmSync(path, { recursive: true, force: true }))
  for (const part of ['bin', 'Maildir', 'Maildir/tmp', 'Maildir/new', 'Maildir/cur']) mkdirSync(join(path, part))
  writeFileSync(join(path, 'Maildir/new/a'), 'Return-Path: <a@b.c>\n\nhi\n')
  utimesSync(join(path, 'Maildir/new/a'), HOUR_AGO, HOUR_AGO)
  const lay = (name: string, script: string): void => {
    writeFileSync(join(path, 'bin', name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(path, 'bin', name), 0o755)
  }
  const env = { MAILDIR: join(path, 'Maildir'), MAIL: join(path, 'mbox'), MAILTMP: join(path, 'mbox.tmp'), PATH: `${join(path, 'bin')}:/usr/bin:/bin` }
  return { path, lay, env }
}

for (const [program, reader] of Object.entries({ qail: 'Mail', elq: 'elm', pinq: 'pine' })) {
  test(`${program} moves new mail to the mbox and becomes ${reader}`, () => {
    const box = makeBox()
    box.lay(reader, 'grep -c ^hi "$MAIL"; printf "%s|" "$@"; cat; exit 7')
    assert.deepEqual(runProgram(home, program, { args: ['-f', 'a b', '--help'], env: box.env, input: 'q\n' }), {
      exit: 7,
      stdout: '1\n-f|a b|--help|q\n',
      stderr: ''
    })
  })
}

test('a Maildir that cannot be read: the reader is not started', () => {
  const box = makeBox()
  box.lay('Mail', 'echo started')
  const r = runProgram(home, 'qail', { env: { ...box.env, MAILDIR: join(box.path, 'none') } })
  assert.deepEqual([r.exit, r.stdout], [111, ''])
  assert.match(r.stderr, /^maildir2mbox: fatal: /)
})

test('without the reader the mail is in the mbox all the same, and it says so', () => {
  const box = makeBox()
  const r = runProgram(home, 'elq', { env: { ...box.env, PATH: join(box.path, 'bin') } })
  assert.deepEqual(r, { exit: 111, stdout: '', stderr: 'elq: fatal: unable to run elm: file does not exist\n' })
  assert.match(readFileSync(join(box.path, 'mbox'), 'latin1'), /\nhi\n/)
})
