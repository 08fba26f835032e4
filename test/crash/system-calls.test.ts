import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dice } from '../helpers/dice.ts'
import { type Home, makeHome } from '../helpers/home.ts'
import { processTree } from '../helpers/proc.ts'
import { isQueueEmpty } from '../helpers/queue-files.ts'
import { runProgram } from '../helpers/run-program.ts'
import { smtpSend } from '../helpers/smtp.ts'
import { attachStrace, type Tracer, withoutStrace } from '../helpers/strace.ts'
import { type Daemon, killGroup, maildir, startSmtpd, startSuite, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'

/** How many of the points are tried, by each of the two tests. `make crash ROUNDS=n` tries n. */
const POINTS = Number(process.env.ROUNDS ?? 3)
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000)
const MESSAGES = 10
/** A thread that has not come to its point by then, with so many times the messages, is not waited for. */
const ATTEMPTS = 3
const LIMIT = { timeout: 300_000 + POINTS * 60_000, skip: withoutStrace }
/** What changes files, or tells somebody something. */
const CALLS = ['write', 'writev', 'pwrite64', 'pwritev', 'sendmsg', 'sendto', 'fdatasync', 'fsync', 'rename', 'unlink', 'ftruncate', 'link', 'linkat']
/** What fails for good reasons when a disk does, of files alone. */
const DISK_CALLS = ['pwrite64', 'pwritev', 'fdatasync', 'fsync', 'rename', 'ftruncate']
/** Every file of a message is made, renamed, synced or removed by one of these. */
const VICTIMS = ['qmail-queued', 'qmail-send', 'qmail-lspawn', 'qmail-clean', 'qmail-local']

/** One moment: the `when`th such call of a thread of this program. */
interface Point {
  victim: string
  call: string
  when: number
}

/** The points to try: `count` of these, drawn without putting back; or always the one of POINT='PROGRAM CALL NUMBER'. */
const draw = (all: readonly Point[], count: number, roll: () => number): Point[] => {
  const [victim, call, when] = (process.env.POINT ?? '').split(' ')
  if (victim && call && when) return Array.from({ length: count }, () => ({ victim, call, when: Number(when) }))
  const rest = [...all]
  return Array.from({ length: Math.min(count, rest.length) }, () => rest.splice(Math.floor(roll() * rest.length), 1)).flat()
}

/** An installation in which every kind of delivery is made, with its SMTP server; the suite itself is started again and again. */
class Scene {
  readonly home: Home = makeHome()
  readonly acknowledged = new Set<number>()
  readonly #boxes: string[]
  #suite: Daemon | undefined
  #port = 0
  #next = 0

  constructor() {
    for (const name of ['locals', 'rcpthosts']) this.home.control(name, 'local.example\n')
    this.home.control('commitlog', '60000\n')
    const users = makeUsers(this.home, ['u0', 'u1', 'u2', 'u3'])
    this.#boxes = users.map((u) => u.maildir())
    // one defers each message once, one forwards to another, one refuses all
    const once = 'n=`sed -n "s/^Subject: message //p"`; test -e seen.$n || { : > seen.$n; exit 111; }'
    users[1]?.lay('.qmail', `|${once}\n./Maildir/\n`)
    users[2]?.lay('.qmail', '&u0@local.example\n./Maildir/\n')
    users[3]?.lay('.qmail', '|exit 100\n')
  }

  get suite(): Daemon {
    if (!this.#suite) throw new Error('the suite does not run')
    return this.#suite
  }

  async start(): Promise<void> {
    this.#suite = await startSuite(this.home)
    if (this.#port === 0) this.#port = (await startSmtpd(this.home, ['-w', '1'])).port
  }

  kill(): void {
    killGroup(this.suite.child)
  }

  /** Small and large ones, to mailboxes, a program, a forward, and one who refuses: what was acknowledged is remembered. */
  async send(): Promise<void> {
    const sendings = Array.from({ length: MESSAGES }, async () => {
      const n = this.#next++
      const recipients = [['u0'], ['u1'], ['u2', 'u0'], ['u3'], ['u2'], ['u0', 'u3', 'u1']][n % 6] ?? []
      const to = recipients.map((name) => `${name}@local.example`)
      await smtpSend(this.#port, 'u0@local.example', to, `Subject: message ${n}\n\n${bodyOf(n)}`).then(
        () => this.acknowledged.add(n),
        () => undefined // not acknowledged: nobody promised anything
      )
    })
    await Promise.all(sendings)
  }

  /** Sends again and again, until something has happened; whether it has. */
  async sendUntil(hasHappened: () => boolean): Promise<boolean> {
    for (let attempt = 0; attempt < ATTEMPTS && !hasHappened(); attempt++) {
      await this.send()
      await until('something to have happened, or an end of deliveries', () => hasHappened() || this.#isAtRest())
    }
    return hasHappened()
  }

  /** Waits until nothing is in the queue; then all that was acknowledged has arrived, whole, in a mailbox or in a bounce. */
  async allArrive(what: string): Promise<void> {
    const isEmpty = (): boolean => {
      assert.equal(this.#endOf(), undefined, `the suite is up after ${what}; log: ${this.suite.log().slice(-3000)}`)
      this.suite.child.kill('SIGALRM')
      return isQueueEmpty(this.home)
    }
    await until(() => `an empty queue after ${what}; ${this.#state()}`, isEmpty)
    const arrived = new Map<number, string[]>()
    for (const text of this.#boxes.flatMap(maildir)) {
      const n = Number(/^Subject: message (\d+)$/m.exec(text)?.[1] ?? -1)
      arrived.set(n, [...(arrived.get(n) ?? []), text])
    }
    for (const n of this.acknowledged) {
      const texts = arrived.get(n)
      assert.ok(texts, `message ${n} was acknowledged, and is lost after ${what}`)
      for (const text of texts) assert.ok(text.endsWith(`\n\n${bodyOf(n)}`), `message ${n} is torn after ${what}`)
    }
  }

  /** Is no delivery running, by the log? What is left has been deferred, or was never taken up. */
  #isAtRest(): boolean {
    return /status: local 0\/\d+ remote 0\/\d+\n$/.test(this.suite.log()) || isQueueEmpty(this.home)
  }

  #state(): string {
    const { stdout } = runProgram(this.home, 'qmail-qread')
    const ids = [...stdout.matchAll(/ #(\d+) /g)].map(([, id]) => id ?? '')
    const lines = this.suite.log().split('\n')
    const about = lines.filter((line) => /warning|alert/.test(line) || ids.some((id) => line.includes(id)))
    return `queue:\n${stdout}\nlog:\n${about.slice(-40).join('\n')}\n...\n${lines.slice(-20).join('\n')}`
  }

  /** How qmail-start ended, if it has. */
  #endOf(): number | string | undefined {
    return this.suite.child.signalCode ?? this.suite.child.exitCode ?? undefined
  }

  pidOf(name: string): number | undefined {
    return processTree(this.suite.child.pid ?? 0).find((p) => p.name === name)?.pid
  }

  /** The victim; a resident qmail-local is there once something was delivered, and stays. */
  async attach(victim: string, options: string[]): Promise<Tracer | undefined> {
    const pid = this.pidOf(victim)
    return pid === undefined ? undefined : attachStrace(this.home, pid, options)
  }
}

/** Some are larger than control/commitlog. */
const bodyOf = (n: number): string => `${`${'y'.repeat(60)}\n`.repeat(n % 5 === 4 ? 1500 : 50 + n)}end ${n}\n`

/** How often each thread of each victim makes each of the calls while the scene's messages go their way; the points are all of these. */
const pointsOf = async (scene: Scene, calls: string[]): Promise<Point[]> => {
  const points: Point[] = []
  for (const victim of VICTIMS) {
    const tracer = await scene.attach(victim, ['-e', `trace=${calls.join(',')}`])
    if (!tracer) continue
    await scene.send()
    await scene.allArrive(`messages were sent with ${victim} traced`)
    const most = new Map<string, number>()
    const counts = new Map<string, number>()
    for (const [, thread, call] of (await tracer.end()).matchAll(/^(\d+) +(\w+)\(/gm)) {
      const count = (counts.get(`${thread} ${call}`) ?? 0) + 1
      counts.set(`${thread} ${call}`, count)
      most.set(call ?? '', Math.max(most.get(call ?? '') ?? 0, count))
    }
    for (const [call, count] of most) for (let when = 1; when <= count; when++) points.push({ victim, call, when })
  }
  return points
}

const nameOf = ({ victim, call, when }: Point): string => `${victim} at ${call} ${when}`

/** A scene in which a first round of messages has gone its way, so that every program is there; and its points. */
const laid = async (calls: string[]): Promise<{ scene: Scene; points: Point[] }> => {
  const scene = new Scene()
  await scene.start()
  await scene.send()
  await scene.allArrive('the first messages')
  assert.equal(scene.acknowledged.size, MESSAGES, 'all is well when nothing is broken')
  const points = await pointsOf(scene, calls)
  return { scene, points }
}

test(`killed at a system call, at ${POINTS} of them: every acknowledged message arrives, none is torn (SEED=${SEED})`, LIMIT, async (t) => {
  const { scene, points } = await laid(CALLS)
  let killed = 0
  for (const point of draw(points, POINTS, dice(SEED))) {
    const { victim, call, when } = point
    await scene.send() // a resident qmail-local is there
    const tracer = await scene.attach(victim, ['-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${when}`])
    if (!tracer) continue
    if (await scene.sendUntil(() => tracer.text().includes('+++ killed by SIGKILL'))) killed++
    scene.kill()
    await tracer.kill()
    await scene.start()
    await scene.allArrive(`${nameOf(point)} was killed`)
  }
  t.diagnostic(`${points.length} points, ${killed} processes killed at theirs`)
  assert.ok(POINTS < 5 || killed > 0, 'some were killed at the point meant for them')
})

test(
  `a system call on files fails, at ${POINTS} of them: the suite ends well, and every acknowledged message arrives whole (SEED=${SEED})`,
  LIMIT,
  async (t) => {
    const { scene, points } = await laid(DISK_CALLS)
    let injected = 0
    const roll = dice(SEED + 1)
    for (const point of draw(points, POINTS, roll)) {
      const { victim, call, when } = point
      const error = roll() < 0.5 ? 'EIO' : 'ENOSPC'
      await scene.send()
      const tracer = await scene.attach(victim, ['-e', `trace=${call}`, '-e', `inject=${call}:error=${error}:when=${when}`])
      if (!tracer) continue
      if (await scene.sendUntil(() => tracer.text().includes('(INJECTED)'))) injected++
      await tracer.kill() // deliveries are under way, and their programs are started
      assert.equal(await scene.suite.stop(), 0, `the suite ends well after ${nameOf(point)} failed with ${error}`)
      await scene.start()
      await scene.allArrive(`${nameOf(point)} failed with ${error}`)
    }
    t.diagnostic(`${points.length} points, ${injected} failed as told`)
    assert.ok(POINTS < 5 || injected > 0, 'some failed as told')
  }
)
