import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { isRoot, makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const ENTERED = 1_700_000_000

const lay = (id: number, files: Record<string, string>): void => {
  for (const [folder, text] of Object.entries(files)) {
    const path = home.at('queue', folder, ...(folder === 'bounce' ? [] : [String(id % 23)]), String(id))
    writeFileSync(path, Buffer.from(text, 'latin1'))
    if (folder === 'info') utimesSync(path, ENTERED, ENTERED)
  }
}
const qread = (...args: string[]) => runProgram(home, 'qmail-qread', { args })

lay(2002, { mess: 'hello', info: 'Fs\te@h\0', local: 'Ta@b\0Dc@d\0Xno\0Tcut', remote: 'Dr2@q.r\0' })
lay(2003, { mess: '', info: 'F\0', bounce: 'why' })

test('messages are listed folder by folder, with what is done', () => {
  assert.deepEqual(qread(), {
    exit: 0,
    stdout: `14 Nov 2023 22:13:20 GMT  #2002  5  <s_e@h> 
\tlocal\ta@b
  done\tlocal\tc@d
  done\tremote\tr2@q.r
14 Nov 2023 22:13:20 GMT  #2003  0  <>  bouncing
`,
    stderr: ''
  })
})

test("--table is sendmail's customary table, of what is not done", () => {
  const date = new Date(ENTERED * 1000).toString()
  const time = `${date.slice(0, 10)} ${date.slice(16, 21)}`
  assert.deepEqual(qread('--table'), {
    exit: 0,
    stdout: `-----Q-ID----- --Size-- -----Q-Time----- ------------Sender/Recipient-----------
2002                  5 ${time} <s_e@h>
\t\t\t\t\t <a@b>
2003                  0 ${time} <>
                 (some recipients have failed)
\t\tTotal requests: 2
`,
    stderr: ''
  })
})

test('names that are no numbers, and messages not yet preprocessed, are left out', () => {
  writeFileSync(home.at('queue', 'info', '3', 'stray'), 'F\0')
  writeFileSync(home.at('queue', 'todo', '4004'), 'u0\0')
  assert.equal(qread().stdout.match(/#/g)?.length, 2)
})

test('a message that is gone is a warning', () => {
  lay(2001, { info: 'Fs@h\0' })
  const r = qread()
  rmSync(home.at('queue', 'info', '0', '2001'))
  assert.equal(r.exit, 0)
  assert.match(r.stdout, /^warning: trouble with #2001: file does not exist\n14 Nov/)
})

test('trouble with one file of a message does not hide the other', () => {
  lay(2001, { mess: 'x', info: 'Fs@h\0', remote: 'Tr@s\0' })
  mkdirSync(home.at('queue', 'local', '0', '2001'))
  assert.match(qread().stdout, /<s@h> \n\tremote\tr@s\nwarning: trouble with #2001: is a directory\n/)
  rmSync(home.at('queue', 'local', '0', '2001'), { recursive: true })
})

test('--json says the same, one object a line', () => {
  const first = qread('--json')
    .stdout.split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .find(({ id }) => id === 2002)
  assert.deepEqual(first.head, { entered: '2023-11-14T22:13:20.000Z', bytes: 5, sender: 's\te@h', isBouncing: false })
  assert.deepEqual(first.recipients[1], { channel: 'local', address: 'c@d', isDone: true })
})

test('a folder that cannot be opened is fatal, and told on descriptor 1', () => {
  renameSync(home.at('queue', 'info', '7'), home.at('queue', 'info.7'))
  const r = qread()
  renameSync(home.at('queue', 'info.7'), home.at('queue', 'info', '7'))
  assert.deepEqual([r.exit, r.stderr, r.stdout.endsWith('fatal: unable to opendir info/7: file does not exist\n')], [111, '', true])
})

test('without permission it says so, and where and what to do', () => {
  if (!isRoot) chmodSync(home.at('queue'), 0)
  const r = runProgram(home, 'qmail-qread', isRoot ? { uid: 64_321, gid: 64_321, cwd: '/' } : {})
  if (!isRoot) chmodSync(home.at('queue'), 0o750)
  const stderr = `qmail-qread: only root and qmails may list the queue in ${home.at('queue')}: run this as root\n`
  assert.deepEqual(r, { exit: 111, stdout: 'fatal: unable to chdir: access denied\n', stderr })
})

test('notes behind the sender are not the sender', () => {
  lay(2002, { info: 'Fs@h\0Nv=1 o=net ret=H w=0 rl=0,n=F\0' })
  assert.match(qread().stdout, /^14 Nov 2023 22:13:20 GMT {2}#2002 {2}5 {2}<s@h> \n\tlocal\ta@b\n/m)
})
