import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isRoot, makeHome } from '../helpers/home.ts'
import { startProgram } from '../helpers/start-program.ts'
import { until } from '../helpers/suite.ts'

const home = makeHome()
const ids = isRoot ? { uid: 64_990, gid: 64_990 } : {}
const own = (path: string): void => {
  if (isRoot) chownSync(path, 64_990, 64_990)
}

/** A Maildir with these files, the first one the oldest. */
const maildir = (files: Record<string, string>): string => {
  const box = mkdtempSync(join(tmpdir(), 'qm-pop3-'))
  after(() => rmSync(box, { recursive: true, force: true }))
  for (const folder of ['', 'new', 'cur', 'tmp']) {
    if (folder !== '') mkdirSync(join(box, folder))
    own(join(box, folder))
  }
  for (const [i, [name, text]] of Object.entries(files).entries()) {
    writeFileSync(join(box, name), Buffer.from(text, 'latin1'))
    utimesSync(join(box, name), 1_000_000_000 + i, 1_000_000_000 + i)
    own(join(box, name))
  }
  return box
}
const go = async (box: string, input: string): Promise<string> => {
  const r = await startProgram(home, 'qmail-pop3d', { args: [box], input, ...ids })
  assert.deepEqual([r.exit, r.stderr], [0, ''])
  return r.stdout
}
const OK = '+OK \r\n'
const names = (box: string): string[] => ['new', 'cur', 'tmp'].flatMap((folder) => readdirSync(join(box, folder)).map((name) => `${folder}/${name}`)).sort()
const THREE = { 'new/alpha': 'Subject: a\n\nbody a\n', 'cur/beta:2,S': 'Subject: b\n\n.dot\nend', 'new/gamma': 'Subject: c\n\n1\n2\n3\n' }

test('listings: numbers by age, unique names without flags, deleted ones left out', async () => {
  const box = maildir(THREE)
  assert.equal(
    await go(box, 'STAT\r\nLIST\r\nuidl\r\nLIST 2\r\nUIDL 2\r\nDELE 2\r\nLIST\r\nSTAT\r\nLAST\r\n'),
    `${OK}+OK 3 57\r\n${OK}1 19\r\n2 20\r\n3 18\r\n.\r\n${OK}1 alpha\r\n2 beta\r\n3 gamma\r\n.\r\n+OK 2 20\r\n+OK 2 beta\r\n${OK}${OK}1 19\r\n3 18\r\n.\r\n+OK 3 37\r\n+OK 2\r\n`
  )
  assert.deepEqual(names(box), ['cur/beta:2,S', 'new/alpha', 'new/gamma'], 'without QUIT nothing changes')
})

test('RETR and TOP: lines end in CRLF, dots are doubled, a last line is ended, an empty line follows', async () => {
  const box = maildir(THREE)
  assert.equal(await go(box, 'RETR 2\r\n'), `${OK}${OK}Subject: b\r\n\r\n..dot\r\nend\r\n\r\n.\r\n`)
  assert.equal(
    await go(box, 'TOP 3 0\r\nTOP 3 2\r\nTOP 3\r\nRETR 3 1\r\n'),
    `${OK}${['', '1\r\n2\r\n', '1\r\n2\r\n3\r\n', '1\r\n'].map((body) => `${OK}Subject: c\r\n\r\n${body}\r\n.\r\n`).join('')}`
  )
})

test('QUIT removes what was deleted and moves the rest of new/', async () => {
  const box = maildir(THREE)
  assert.equal(await go(box, 'DELE 1\r\nDELE 2\r\nRSET\r\nDELE 3\r\nQUIT\r\nSTAT\r\n'), OK.repeat(6))
  assert.deepEqual(names(box), ['cur/alpha:2,', 'cur/beta:2,S'])
})

test('a message that another program has taken away meanwhile is told of, at RETR and at QUIT', async () => {
  const box = maildir(THREE)
  const child = spawn(home.at('bin', 'qmail-pop3d'), [box], { stdio: ['pipe', 'pipe', 'inherit'], env: { PATH: process.env.PATH ?? '' }, ...ids })
  let heard = ''
  child.stdout.on('data', (data) => {
    heard += data
  })
  await until('the greeting', () => heard === OK)
  rmSync(join(box, 'new/alpha'))
  child.stdin.end('RETR 1\r\nDELE 1\r\nQUIT\r\n')
  assert.equal(await new Promise((resolve) => child.on('close', resolve)), 0)
  assert.match(heard.slice(OK.length), /^-ERR unable to open that message\r\n\+OK \r\n-ERR .*\r\n\+OK \r\n$/)
})

test('wrong numbers and words', async () => {
  const box = maildir(THREE)
  const table: [line: string, answer: string][] = [
    ['RETR', '-ERR syntax error'],
    ['DELE x', '-ERR syntax error'],
    ['LIST 0', '-ERR messages are counted from 1'],
    ['TOP 4 1', '-ERR not that many messages'],
    ['DELE 4294967297', '-ERR not that many messages'],
    ['RETR 18446744073709551617', '-ERR not that many messages'],
    ['CAPA', '-ERR unimplemented'],
    ['USER x', '-ERR unimplemented']
  ]
  for (const [line, answer] of table.filter(([text]) => !text.includes('18446744073709551617')))
    assert.equal(await go(box, `${line}\r\n`), `${OK}${answer}\r\n`, line)
  assert.equal(await go(box, 'DELE 1\r\nRETR 1\r\n'), `${OK}${OK}-ERR already deleted\r\n`)
})

test('new mail of this second, hidden files and what is left in tmp/', async () => {
  const box = maildir({ 'new/old': 'x\n', 'new/.hidden': 'x\n', 'tmp/stale': 'x\n', 'tmp/fresh': 'x\n' })
  const now = Date.now() / 1000
  utimesSync(join(box, 'tmp/fresh'), now, now)
  writeFileSync(join(box, 'new/young'), 'x\n')
  utimesSync(join(box, 'new/young'), now + 3600, now + 3600)
  assert.equal(await go(box, 'UIDL\r\n'), `${OK}${OK}1 old\r\n.\r\n`)
  assert.deepEqual(names(box), ['new/.hidden', 'new/old', 'new/young', 'tmp/fresh'])
})

test('a folder that is none: -ERR, 0; run by root: 1 and no word to the client', async () => {
  assert.match(await go('/nonexistent', 'QUIT\r\n'), /^-ERR .*\r\n$/)
  const box = maildir({})
  rmSync(join(box, 'cur'), { recursive: true })
  assert.match(await go(box, 'QUIT\r\n'), /^-ERR .*\r\n$/)
  if (!isRoot) return
  const r = await startProgram(home, 'qmail-pop3d', { args: [box], input: 'QUIT\r\n' })
  assert.deepEqual(r, { exit: 1, stdout: '', stderr: 'qmail-pop3d invoked as uid 0, terminating\n' })
})

test('a large message comes whole', async () => {
  const text = `Subject: x\n\n${`${'y'.repeat(77)}\n.${'z'.repeat(77)}\n`.repeat(4000)}`
  const box = maildir({ 'new/big': text })
  assert.equal(await go(box, 'RETR 1\r\nQUIT\r\n'), `${OK}${OK}${text.replaceAll('\n.', '\n..').replaceAll('\n', '\r\n')}\r\n.\r\n${OK}`)
})
