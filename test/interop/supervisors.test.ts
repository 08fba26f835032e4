import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { endWith } from '../helpers/ending.ts'
import { type Home, isRoot, makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { maildir, makeMaildir, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'
import { PATIENT } from '../helpers/wait.ts'

const top = join(import.meta.dirname, '..', '..')
const find = (name: string): string | undefined => ['/usr/bin', '/usr/sbin', '/bin'].map((dir) => join(dir, name)).find(existsSync)

/** The service folder of this repository, made to run an installation of the test. */
const layService = (home: Home, supervisor: string): string => {
  const folder = home.at('service-run', supervisor, 'qmail-send')
  mkdirSync(folder, { recursive: true })
  const run = readFileSync(join(top, 'service', supervisor, 'qmail-send', 'run'), 'latin1').replace('PREFIX=/var/qmail', `PREFIX=${home.path}`)
  writeFileSync(join(folder, 'run'), run)
  chmodSync(join(folder, 'run'), 0o755)
  return folder
}

interface Supervisor {
  tool: string
  folder: string
  /** Commands that stop the service for good, end the supervisor, and hand on SIGALRM. */
  down: [string, ...string[]]
  leave: [string, ...string[]]
  alarm: [string, ...string[]]
}
const supervisors: Supervisor[] = [
  { tool: 'supervise', folder: 'daemontools', down: ['svc', '-d'], leave: ['svc', '-x'], alarm: ['svc', '-a'] },
  { tool: 'runsv', folder: 'runit', down: ['sv', '-w', '30', 'down'], leave: ['sv', 'exit'], alarm: ['sv', 'alarm'] }
]

for (const { tool, folder, down, leave, alarm } of supervisors) {
  const skip = find(tool) ? false : `${tool} is not installed`
  test(`${tool} starts the suite from its service folder, restarts it when it is killed, and stops it`, { skip, ...PATIENT }, async () => {
    const home = makeHome()
    home.control('locals', 'local.example\n')
    const [joe] = makeUsers(home, ['joe'])
    assert.ok(joe)
    const box = joe.maildir()
    const service = layService(home, folder)
    const log = home.at('supervised.log')
    writeFileSync(log, '')
    const command = (words: string[]): void => void spawnSync(words[0] ?? '', [...words.slice(1), service])
    const child = spawn('/bin/sh', ['-c', `exec ${tool} "$0" >> "$1" 2>&1`, service, log], { stdio: 'ignore' })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    endWith(home, child, () => {
      for (const words of [down, leave]) command(words)
    })
    const starts = (): number => [...readFileSync(log, 'latin1').matchAll(/^status: local 0\/10 remote 0\/20$/gm)].length
    await until('the suite to start', () => starts() >= 1)

    assert.deepEqual(runProgram(home, 'sendmail', { args: ['joe@local.example'], input: 'Subject: supervised\n\n' }), { exit: 0, stdout: '', stderr: '' })
    await until('the delivery', () => maildir(box).length === 1)
    command(alarm)

    const before = starts()
    const pid = spawnSync('pgrep', ['-f', '-P', String(child.pid), 'qmail-start'], { encoding: 'utf8' }).stdout.trim() || childOf(child.pid)
    process.kill(Number(pid), 'SIGKILL')
    await until('the suite to be back', () => starts() > before)
    await until('qmail-send to answer again', () => {
      runProgram(home, 'sendmail', { args: ['joe@local.example'], input: 'Subject: again\n\n' })
      return maildir(box).length >= 2
    })
    command(down)
    await until('the last line of the log', () => readFileSync(log, 'latin1').trimEnd().endsWith('status: exiting'))
    command(leave)
    await ended
  })
}

/** The one child of a process. */
const childOf = (pid: number | undefined): string => readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim()

test('the log reaches a logger that qmail-start runs as qmaill', { skip: isRoot ? false : 'only root can become qmaill' }, async () => {
  const home = makeHome('private')
  makeMaildir(home.at('unused'))
  const seen = home.at('run', 'seen')
  mkdirSync(seen)
  chmodSync(seen, 0o777)
  const child = spawn(home.at('bin', 'qmail-start'), ['./Maildir/', 'sh', '-c', `id -u > ${seen}/uid; cat > ${seen}/log; echo end > ${seen}/end`], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: `${home.at('bin')}:/usr/bin:/bin` }
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  await until('the first line', () => existsSync(`${seen}/log`) && readFileSync(`${seen}/log`, 'latin1').startsWith('status: local 0/10 remote 0/20\n'))
  child.kill('SIGTERM')
  assert.equal(await ended, 0)
  assert.equal(readFileSync(`${seen}/log`, 'latin1').trimEnd().split('\n').at(-1), 'status: exiting')
  assert.equal(existsSync(`${seen}/end`), true, 'the logger sees the end of the log before qmail-start leaves')
  const { suiteUser } = await import('../../src/os/ids.ts')
  assert.equal(Number(readFileSync(`${seen}/uid`, 'latin1')), suiteUser(home.path, 'qmaill').uid)
})
