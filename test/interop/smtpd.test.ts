import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { makeHome } from '../helpers/home.ts'
import { smtpSend } from '../helpers/smtp.ts'
import { startDaemon, startListening, startQueued, startSmtpd, until } from '../helpers/suite.ts'

const run = promisify(execFile)
const path = `${process.env.PATH}:/usr/sbin`
const missing = (tool: string): string | false => (spawnSync('which', [tool], { env: { PATH: path } }).status === 0 ? false : `${tool} is not installed`)

const home = makeHome()
await startQueued(home)
const gears = { first: (await startSmtpd(home)).port, second: (await startSmtpd(home, ['-w', '2'])).port }
const queue = (): string[] => readdirSync(home.at('queue', 'todo'))
const text = (id: string): string => readFileSync(join(home.at('queue', 'mess'), String(Number(id) % 23), id), 'latin1')
/** The messages queued since then, when there are `count`: what comes through the drop folder takes a moment to be taken up. */
const queuedSince = async (before: string[], count: number): Promise<string[]> => {
  const fresh = (): string[] => queue().filter((id) => !before.includes(id))
  await until(`${count} messages`, () => fresh().length >= count)
  assert.equal(fresh().length, count)
  return fresh()
}

for (const [gear, port] of Object.entries(gears)) {
  test(`swaks sends through the ${gear} gear`, { skip: missing('swaks') }, async () => {
    const before = queue()
    const { stdout } = await run(
      'swaks',
      ['--server', '127.0.0.1', '--port', String(port), '--from', 'a@b.example', '--to', 'c@d.example,e@f.example', '--helo', 'x', '--body', '.dot'],
      {
        env: { PATH: path }
      }
    )
    assert.match(stdout, /<- {2}250 ok \d+ qp \d+\n/)
    const fresh = await queuedSince(before, 1)
    assert.match(text(fresh[0] ?? ''), /\n\.dot\n/)
  })

  test(`smtp-source: many messages of 20 kB over 10 sessions of the ${gear} gear, none lost`, { skip: missing('smtp-source') }, async () => {
    const before = queue()
    const count = gear === 'first' ? 20 : 200
    await run('smtp-source', ['-m', String(count), '-s', '10', '-l', '20000', '-f', 'a@b.example', '-t', 'c@d.example', `127.0.0.1:${port}`], {
      env: { PATH: path }
    })
    await queuedSince(before, count)
  })
}

const otherTcpserver = '/usr/bin/tcpserver'
test("Debian's tcpserver runs our qmail-smtpd", { skip: existsSync(otherTcpserver) ? false : `${otherTcpserver} is not installed` }, async () => {
  const { port } = await startListening((logName) =>
    startDaemon(home, otherTcpserver, ['-1v', '-RHl0', '127.0.0.1', '0', home.at('bin', 'qmail-smtpd')], logName)
  )
  const before = queue()
  assert.match(await smtpSend(port, 'a@b', ['c@d'], 'Subject: x\n\nx\n'), /^250 ok \d+ qp \d+$/)
  await queuedSince(before, 1)
})
