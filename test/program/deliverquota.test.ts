import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { deliveryEnv as env } from '../helpers/delivery-env.ts'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { makeMaildir } from '../helpers/suite.ts'

const home = makeHome()
let box = ''
beforeEach(() => {
  box = mkdtempSync(join(tmpdir(), 'qmdq-'))
  makeMaildir(join(box, 'Maildir'))
})
afterEach(() => rmSync(box, { recursive: true, force: true }))
const LINES = `${env.RPLINE}${env.DTLINE}`
const run = (quota?: string, message = 'x'.repeat(1000)) =>
  runProgram(home, 'deliverquota', { args: ['./Maildir/', ...(quota === undefined ? [] : [quota])], env, fds: { 0: message }, cwd: box })
const names = (): string[] => readdirSync(join(box, 'Maildir/new'))
const size = (): string => readFileSync(join(box, 'Maildir/maildirsize'), 'latin1')
const BYTES = LINES.length + 1000

test('messages are delivered with their size in the name, and remembered', () => {
  assert.deepEqual(run('5000S,10C'), { exit: 0, stdout: '', stderr: '' })
  const [name = ''] = names()
  assert.match(name, new RegExp(`,S=${BYTES}$`))
  assert.equal(readFileSync(join(box, 'Maildir/new', name), 'latin1'), `${LINES}${'x'.repeat(1000)}`)
  assert.equal(size(), `5000S,10C\n0 0\n${BYTES} 1\n`)
})

test('over quota mail waits, or with control/quotabounce bounces; nothing is left in tmp', () => {
  for (const quota of ['2K', '1C']) {
    rmSync(join(box, 'Maildir'), { recursive: true })
    makeMaildir(join(box, 'Maildir'))
    assert.equal(run(quota).exit, 0)
    assert.deepEqual(run(quota), { exit: 111, stdout: '', stderr: 'deliverquota: fatal: Mailbox is full. (#4.2.2)\n' })
    home.control('quotabounce', '1\n')
    assert.deepEqual(run(quota), { exit: 100, stdout: '', stderr: 'deliverquota: fatal: Mailbox is full. (#5.2.2)\n' })
    rmSync(home.at('control', 'quotabounce'))
    assert.equal(names().length, 1)
    assert.deepEqual(readdirSync(join(box, 'Maildir/tmp')), [])
  }
})

test('what the owner removed makes room, at the latest after a quarter of an hour; the trash does not count, folders do', () => {
  assert.equal(run('1500').exit, 0)
  assert.equal(run('1500').exit, 111)
  for (const name of names()) rmSync(join(box, 'Maildir/new', name))
  const old = Date.now() / 1000 - 1000
  utimesSync(join(box, 'Maildir/maildirsize'), old, old)
  writeFileSync(join(box, 'Maildir/cur/1,S=9999:2,ST'), '')
  makeMaildir(join(box, 'Maildir/.Trash'))
  writeFileSync(join(box, 'Maildir/.Trash/cur/1,S=9999:2,S'), '')
  assert.equal(run('1500').exit, 0)
  makeMaildir(join(box, 'Maildir/.Sent'))
  writeFileSync(join(box, 'Maildir/.Sent/cur/1:2,S'), 'y'.repeat(1000))
  rmSync(join(box, 'Maildir/maildirsize'))
  assert.equal(run('2500').exit, 111)
  assert.match(size(), new RegExp(`^2500S\n${BYTES + 1000} 2\n$`))
})

test('without a quota it just delivers; one that the Maildir remembers holds', () => {
  assert.equal(run().exit, 0)
  writeFileSync(join(box, 'Maildir/maildirsize'), '100S\n0 0\n')
  assert.equal(run().exit, 111)
  writeFileSync(join(box, 'Maildir/maildirsize'), 'garbage\n1 2 3\n')
  assert.equal(run().exit, 0)
  assert.equal(run('1x').exit, 111)
  assert.equal(runProgram(home, 'deliverquota', { env, cwd: box }).exit, 100)
})
