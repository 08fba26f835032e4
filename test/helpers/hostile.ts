import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { after } from 'node:test'
import { type Home, makeHome } from './home.ts'
import { startSuite, until } from './suite.ts'
import { makeUsers, type TestUser } from './users.ts'

/** `make hostile` asks for attacks at full size; `make test` has the short form. */
export const isFull = process.env.HOSTILE === 'full'

/** An installation with its suite running, and two users of it. */
export interface Scene {
  home: Home
  attacker: TestUser
  victim: TestUser
  /** Runs a program as the attacker, with this input on 0 (and 1, if given); resolves at its end. */
  asAttacker: (program: string, args: string[], input?: string, envelope?: string) => Promise<void>
  /** Starts one as the attacker that goes on until the scene is over. */
  keepRunning: (program: string, args: string[]) => ChildProcess
  /** Ends the suite and what is kept running; at the end of the test at the latest. */
  end: () => Promise<void>
}

const MAIL = 'Subject: hello\n\nhello\n'

const ended = (child: ChildProcess): Promise<void> => new Promise((resolve) => child.on('close', () => resolve()))

/** Starts one as root can: this uid, nothing of our environment. */
const start = (home: Home, user: TestUser, program: string, args: string[], fds: 1 | 2 = 1): ChildProcess => {
  const file = program.includes('/') ? program : home.at('bin', program)
  const env = { PATH: `${home.at('bin')}:/usr/bin:/bin` }
  const child = spawn(file, args, { stdio: ['pipe', fds === 2 ? 'pipe' : 'ignore', 'ignore'], env, uid: user.uid, gid: user.gid, cwd: '/', detached: true })
  for (const stream of [child.stdin, child.stdout]) stream?.on('error', () => {})
  return child
}

/** A suite of its own for one attack. */
export const makeScene = async (): Promise<Scene> => {
  const home = makeHome()
  home.control('locals', 'me.example\n')
  const [attacker, victim] = makeUsers(home, ['attacker', 'victim'])
  if (attacker === undefined || victim === undefined) throw new Error('no users')
  for (const user of [attacker, victim]) user.maildir()
  const suite = await startSuite(home)
  const kept: ChildProcess[] = []
  const end = async (): Promise<void> => {
    for (const { pid } of kept.splice(0)) if (pid !== undefined) killAll(pid)
    await suite.stop('SIGKILL')
  }
  after(end)
  return {
    home,
    attacker,
    victim,
    asAttacker: async (program, args, input = '', envelope) => {
      const child = start(home, attacker, program, args, envelope === undefined ? 1 : 2)
      child.stdin?.end(input)
      if (envelope !== undefined) (child.stdout as unknown as NodeJS.WritableStream).end(Buffer.from(envelope, 'latin1'))
      await ended(child)
    },
    keepRunning: (program, args) => {
      const child = start(home, attacker, program, args)
      kept.push(child)
      return child
    },
    end
  }
}

const killAll = (leader: number): void => {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // it has ended
  }
}

/** How long a mail of the victim's to himself takes, from the call of sendmail to his Maildir, in milliseconds. */
export const victimsWait = async ({ home, victim }: Scene): Promise<number> => {
  const box = `${victim.home}/Maildir/new`
  const before = readdirSync(box).length
  const begin = performance.now()
  const child = start(home, victim, 'sendmail', ['victim@me.example'])
  child.stdin?.end(MAIL)
  await until('the victim’s mail', () => readdirSync(box).length > before, 120)
  return performance.now() - begin
}
