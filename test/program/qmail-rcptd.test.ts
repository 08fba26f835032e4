import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import { suiteUser } from '../../src/os/ids.ts'
import { client } from '../helpers/dialogue.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { processTree } from '../helpers/proc.ts'
import { runProgram } from '../helpers/run-program.ts'
import { startSmtpd, startSuite, until } from '../helpers/suite.ts'

const home = makeHome()
const OWN = process.getuid?.() ?? 0
const uid = isRoot ? 60_001 : OWN
const joe = home.at('joe')

const users = (): void => {
  mkdirSync(joe)
  for (const name of ['.qmail', '.qmail-list', '.qmail-news-default']) writeFileSync(`${joe}/${name}`, './Maildir/\n')
  const shut = home.at('shut')
  mkdirSync(shut)
  if (isRoot) for (const folder of [joe, shut]) chownSync(folder, uid, uid)
  chmodSync(joe, 0o755)
  chmodSync(shut, 0o700)
  const lines = ['joe', 'virt'].flatMap((name) => [`=${name}:u:${uid}:${uid}:${joe}:::`, `+${name}-:u:${uid}:${uid}:${joe}:-::`])
  lines.push(`+shut-:u:${uid}:${uid}:${shut}:-::`, `+away-:u:${uid}:${uid}:${home.at('away')}:-::`)
  mkdirSync(home.at('vmail'))
  if (isRoot) chownSync(home.at('vmail'), uid, uid)
  home.control('virtualuser', `vmail:${uid}:${uid}:${home.at('vmail')}\n`)
  writeFileSync(home.at('users', 'virtual'), 'box@boxes.example:*::\n', { mode: 0o600 })
  writeFileSync(home.at('users', 'assign'), `${lines.join('\n')}\n.\n`)
  assert.equal(runProgram(home, 'qmail-newu').exit, 0)
}

users()
home.control('locals', 'here.example\n')
home.control('virtualdomains', 'virtual.example:virt\nwhole.example:joe\nboxes.example:boxes.example\n')
writeFileSync(home.at('alias', '.qmail-postmaster'), 'joe\n')
const suite = await startSuite(home)

const isUp = (): boolean => {
  const helper = processTree(suite.child.pid ?? 0).find((p) => p.name === 'qmail-rcptd')
  return helper !== undefined && helper.uids[0] === suiteUser(home.path, 'qmailp').uid
}
await until('the helper', isUp)
const gears: Record<string, number> = { first: (await startSmtpd(home)).port, second: (await startSmtpd(home, ['-w', '1'])).port }

/** The code each recipient is answered with. */
const codes = async (port: number, recipients: string[]): Promise<Record<string, string>> => {
  const c = client(port)
  c.say(`MAIL FROM:<a@b>\r\n${recipients.map((r) => `RCPT TO:<${r}>\r\n`).join('')}QUIT\r\n`)
  const replies = (await c.closed()).split('\r\n').slice(2)
  return Object.fromEntries(recipients.map((r, n) => [r, replies[n]?.slice(0, 3) ?? '']))
}

const EXPECTED: [recipient: string, code: string][] = [
  ['joe@here.example', '250'],
  ['JOE@HERE.example', '250'],
  ['joe-list@here.example', '250'],
  ['joe-news-x-y@here.example', '250'],
  ['joe-nothing@here.example', '550'],
  ['nobody-here@here.example', '550'],
  ['postmaster@here.example', '250'],
  ['list@virtual.example', '250'],
  ['nothing@virtual.example', '550'],
  ['x@whole.example', '550'],
  ['box@boxes.example', '250'],
  ['Box@boxes.example', '250'],
  ['other@boxes.example', '550'],
  ['who@elsewhere.example', '250'],
  ['away-x@here.example', '250'],
  ['@here.example', '250']
]

for (const gear of ['first', 'second']) {
  test(`${gear} gear: recipients of our domains that delivery would not find are refused, all others taken`, async () => {
    assert.deepEqual(await codes(gears[gear] ?? 0, EXPECTED.map(([r]) => r)), Object.fromEntries(EXPECTED)) // biome-ignore format: one line
  })

  test(`${gear} gear: a home the helper may not enter tells nothing: accepted`, { skip: isRoot ? false : 'needs a second user' }, async () => {
    assert.deepEqual(await codes(gears[gear] ?? 0, ['shut-x@here.example']), { 'shut-x@here.example': '250' })
  })

  test(`${gear} gear: without recipientcheck everybody is taken`, async () => {
    home.control('recipientcheck', '0\n')
    after(() => rmSync(home.at('control', 'recipientcheck'), { force: true }))
    assert.deepEqual(await codes(gears[gear] ?? 0, ['joe-no@here.example']), { 'joe-no@here.example': '250' })
    rmSync(home.at('control', 'recipientcheck'))
  })
}

test('what is no question closes the connection, and nothing else', async () => {
  const socket = connect(home.at('run', 'smtpd', 'rcpt'))
  socket.on('error', () => {})
  socket.write('nonsense')
  await new Promise((resolve) => socket.on('close', resolve).resume())
  assert.deepEqual(await codes(gears.second ?? 0, ['joe-gone@here.example']), { 'joe-gone@here.example': '550' })
})

test('a helper that hangs does not hold up mail for long, and one that is gone is started again', async () => {
  const helper = processTree(suite.child.pid ?? 0).find((p) => p.name === 'qmail-rcptd')
  assert.ok(helper)
  process.kill(helper.pid, 'SIGSTOP')
  for (const gear of ['first', 'second']) assert.deepEqual(await codes(gears[gear] ?? 0, [`joe-${gear}@here.example`]), { [`joe-${gear}@here.example`]: '250' })
  process.kill(helper.pid, 'SIGKILL')
  await until('its end', () => !processTree(suite.child.pid ?? 0).some((p) => p.pid === helper.pid))
  await until('a new one', isUp)
  for (let n = 0; ; n++) {
    const asked = `joe-again${n}@here.example` // answers are remembered for a while
    if ((await codes(gears.second ?? 0, [asked]))[asked] === '550') break
  }
  assert.equal(await suite.stop(), 0)
})
