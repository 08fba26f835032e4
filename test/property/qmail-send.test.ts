/**
 * qmail-send against a model, in random steps: messages, reports of every kind, host trouble, several recipients in one delivery, signals, settings, messages from the commit log, a queue that refuses, folders of it that fail, a disk that is full, foreign files, stops and kills. What is promised of
 * each message is checked at every step (helpers/send-model.ts). `make property ROUNDS=n`: n times as many steps; SEED=n: those of a run that failed, as far as two processes' order allows.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { errorCode } from '../../src/core/failure.ts'
import { dice } from '../helpers/dice.ts'
import { type Home, isRoot, makeHome } from '../helpers/home.ts'
import { LogKeeper } from '../helpers/log-keeper.ts'
import { serveDoor } from '../helpers/send-door.ts'
import { type Running, SendModel } from '../helpers/send-model.ts'
import { putMessage, queueFiles, SendRig } from '../helpers/send-rig.ts'
import { PATIENCE_SECONDS, until } from '../helpers/wait.ts'

const STEPS = 3000 * Number(process.env.ROUNDS || 1)
const SEED = Number(process.env.SEED) || Math.floor(Math.random() * 2 ** 31)
/** More messages are not put in while so many are there. */
const MANY = 60

/** Every line qmail-send may write (spec queue.md 6) in what happens here. */
const LINES = [
  /^status: local \d+\/\d+ remote \d+\/\d+( exitasap)?$/,
  /^status: exiting$/,
  /^new msg \d+$/,
  /^info msg \d+: bytes \d+ from <[!-~]*> qp \d+ uid \d+$/,
  /^starting delivery \d+: msg \d+ to (local|remote) [!-$&-~]+$/,
  /^delivery \d+: ((success|failure|deferral): [!-$&-~]*|report mangled, will defer)$/,
  /^bounce msg \d+ qp \d+$/,
  /^triple bounce: discarding bounce\/\d+$/,
  /^end msg \d+$/,
  /^warning: internal error: delivery report out of range$/,
  /^warning: trouble injecting bounce message, will try later$/,
  /^warning: qmail-clean unable to clean up foop\/\d+$/,
  /^alert: unable to reread control\/locals$/
]

/** Further ones where the queue has refused something. */
const REFUSED =
  /^(warning: (trouble|unable to) [!-~ ]+|alert: unable to append to bounce message; HELP! sleeping...|alert: unable to opendir mess\/\d+, sleeping...)$/
/** Folders of the queue that fail now and then. */
const FAULTY = ['info', 'local', 'remote', 'bounce', 'mess'] as const
/** Those that lie on a small disk of their own, which is full now and then. */
const ON_DISK: readonly string[] = ['info', 'local', 'remote', 'bounce']
const CHUNK = Buffer.alloc(4096)

const REPORTS: [number, string][] = [
  [50, 'Kok\n'],
  [15, 'Zlater\n'],
  [12, 'Dno such user\n\nreally\n'],
  [12, "ZSorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n"],
  [6, 'ZConnected to 192.0.2.1 but sender was rejected.\nRemote host said: 421 too busy\n'],
  [6, 'Z192.0.2.1 does not like recipient.\nRemote host said: 452 4.5.3 too many\n'],
  [3, 'D192.0.2.1 does not like recipient.\nRemote host said: 550 5.5.3 too many\n'],
  [3, ''],
  [2, 'Xodd']
]
/** Recipients the spawner takes in one delivery: qmail's one, few, or all that there are. */
const TOGETHER: [number, number][] = [
  [1, 1],
  [2, 3],
  [2, 100]
]
const SENDERS: [number, string][] = [
  [70, 's@back.example'],
  [10, ''],
  [5, '#@[]'],
  [10, 'list-@lists.example-@[]'],
  [5, 'joe@me.example']
]

class Run {
  readonly #home: Home
  readonly #isResident: boolean
  readonly #roll: () => number
  readonly #model: SendModel
  readonly #keeper: LogKeeper
  /** The folder that fails now. */
  #failing: string | undefined
  #rig!: SendRig
  #messages = 0
  #failure: unknown
  /** The queue has refused something since the last start. */
  #hasFailed = false

  constructor(isResident: boolean, seed: number) {
    this.#isResident = isResident
    this.#roll = dice(seed)
    this.#home = makeHome()
    this.#home.control('locals', 'me.example\n')
    this.#home.control('bouncerate', '0\n')
    this.#home.control('destinations', 'h1.example:1\nh2.example::6000\n:5\n')
    this.#home.control('smtproutes', '.routed.example:relay.example\n')
    this.#model = new SendModel(this.#home)
    this.#setLimits()
    this.#keeper = new LogKeeper(this.#home)
    this.#model.inLog = (id) => this.#keeper.live.has(id)
    this.#keeper.onDone = (id) => {
      const message = this.#model.messages.get(id)
      if (message) this.#attempt(() => this.#model.check(message))
    }
    this.#mount()
    for (const folder of FAULTY) {
      const real = this.#real(folder)
      cpSync(this.#home.at('queue', folder), real, { recursive: true })
      rmSync(this.#home.at('queue', folder), { recursive: true })
      this.#point(folder, real)
    }
  }

  #real(folder: string): string {
    return this.#home.at(ON_DISK.includes(folder) ? 'disk' : '.', `real-${folder}`)
  }

  /** A disk of its own takes root. */
  #mount(): void {
    const disk = this.#home.at('disk')
    mkdirSync(disk)
    if (!isRoot) return
    assert.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]).status, 0)
    this.#home.beforeRemoval(() => spawnSync('umount', [disk]))
  }

  /** A failure of the model where nobody waits for it. */
  #attempt(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#failure ??= error
    }
  }

  /** Has a name in the queue stand for another folder from now on, in one step. */
  #point(folder: string, target: string): void {
    const fresh = this.#home.at(`link-${folder}`)
    symlinkSync(target, fresh)
    renameSync(fresh, this.#home.at('queue', folder))
  }

  #noteBounce(body: string): void {
    const token = /token-\d+-/.exec(body)?.[0] ?? ''
    this.#model.bounces.set(token, (this.#model.bounces.get(token) ?? '') + body)
  }

  /** Bounces are taken by a socket, and become messages; in the first gear by a queue program, and lie in a folder. */
  async #openDoors(): Promise<void> {
    if (this.#isResident) {
      await this.#keeper.open()
      await serveDoor(this.#home, ({ body, sender, recipient }) => {
        if (this.#roll() < 0.02 || this.#failing === 'mess') return 53
        this.#noteBounce(body)
        this.#put([recipient], sender)
        return 0
      })
      return
    }
    const [program, folder] = [this.#home.at('queue-program'), this.#home.at('bounces')]
    mkdirSync(folder)
    writeFileSync(program, `#!/bin/sh\ncat > ${folder}/$$.new && cat <&1 > /dev/null && mv ${folder}/$$.new ${folder}/$$\n`, { mode: 0o755 })
    this.#model.collect = () => {
      for (const name of readdirSync(folder).filter((one) => !one.endsWith('.new'))) {
        this.#noteBounce(readFileSync(join(folder, name), 'latin1'))
        unlinkSync(join(folder, name))
      }
    }
  }

  async run(steps: number): Promise<void> {
    await this.#openDoors()
    await this.#start()
    for (let step = 0; step < steps; step++) {
      await this.#step()
      if (step % 20 === 0) this.#model.checkAll()
      if (this.#failure) throw this.#failure
    }
    await this.#drain()
  }

  #pick<T>(table: readonly [number, T][]): T {
    let left = this.#roll() * table.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, value] of table) {
      left -= weight
      if (left < 0) return value
    }
    throw new Error('an empty table')
  }

  #below(n: number): number {
    return Math.floor(this.#roll() * n)
  }

  async #start(): Promise<void> {
    const env: Record<string, string> = this.#isResident ? { QMAIL_LOG: '1' } : { QMAILQUEUE: this.#home.at('queue-program') }
    const together = this.#isResident ? this.#pick(TOGETHER) : 1
    this.#model.together.remote = together
    const rig = new SendRig(this.#home, { resident: this.#isResident, env, ...(together > 1 ? { wide: 1000, together } : {}) })
    this.#rig = rig
    this.#hasFailed = false
    rig.onDelivery = (asked) => {
      this.#attempt(() => this.#model.asked(asked))
      return undefined
    }
    rig.onClean = (command) => (command.startsWith('foop') && (this.#roll() < 0.02 || this.#failing === 'mess') ? '!' : rig.obey(command))
    await rig.logged(/^status/)
  }

  async #step(): Promise<void> {
    const { running, messages } = this.#model
    const steps: [number, () => void | Promise<void>][] = [
      [running.length > 0 ? 60 : 0, () => this.#report()],
      [messages.size < MANY ? 15 : 0, () => this.#send()],
      [2, () => this.#rig.kill('SIGALRM')],
      [0.5, () => this.#reread()],
      [0.5, () => this.#rig.say(this.#roll() < 0.5 ? 'local' : 'remote', '\x77Kwho?\0')],
      [0.5, () => this.#foreign()],
      [0.15, () => this.#stop()],
      [0.15, () => this.#kill()],
      [0.25, () => this.#fault()],
      [running.length > 0 ? 5 : 20, () => this.#wait()]
    ]
    await this.#pick(steps)()
  }

  #recipient(n: number): string {
    const host = this.#pick([
      [5, 'me.example'],
      [5, `h${this.#below(6)}.example`],
      [1, `${this.#below(3)}.routed.example`]
    ])
    return `m${this.#messages}r${n}-x@${host}`
  }

  #send(): void {
    const length = this.#pick([
      [1, 0],
      [10, 1],
      [6, 2 + this.#below(4)],
      [1, 25]
    ])
    this.#put(
      Array.from({ length }, (_, n) => this.#recipient(n)),
      this.#pick(SENDERS)
    )
    if (this.#roll() < 0.9) this.#pull()
  }

  #put(recipients: string[], sender: string): void {
    const token = `token-${++this.#messages}-`
    const body = `Subject: ${token}\n\nhi\n`
    const onNumber = (id: number): void => this.#model.add(id, token, sender, recipients)
    if (this.#keeper.isConnected && this.#roll() < 0.4) this.#keeper.put(recipients, sender, body, onNumber)
    else if (this.#failing !== 'mess') putMessage(this.#home, recipients, { sender, body, onNumber })
  }

  #pull(): void {
    try {
      this.#rig.pull()
    } catch {
      // nobody listens: the start looks in any case
    }
  }

  #reportOn(running: Running, words: string): void {
    const message = this.#model.messages.get(running.id)
    this.#model.reports(running, words)
    this.#rig.report(running, words)
    if (message) this.#model.check(message)
  }

  #report(): void {
    const asked = this.#model.running[this.#below(this.#model.running.length)]
    if (asked === undefined) return
    if (asked.channel === 'remote' && this.#model.together.remote > 1 && this.#roll() < 0.5) this.#rig.report(asked, `Mmx${this.#below(2)}.example`)
    if (asked.isLogged && asked.reached === 0 && !asked.isBegun && this.#roll() < 0.1) {
      this.#model.returns(asked)
      this.#rig.report(asked, 'F')
    } else this.#reportOn(asked, this.#pick(REPORTS))
  }

  #setLimits(): void {
    for (const channel of ['local', 'remote'] as const) {
      const limit = 1 + this.#below(10)
      // in one step: a SIGHUP of before may be dealt with only now
      this.#home.control('limit.new', `${limit}\n`)
      renameSync(this.#home.at('control/limit.new'), this.#home.at(`control/concurrency${channel}`))
      this.#model.limits[channel] = Math.max(this.#model.limits[channel], limit)
    }
  }

  #reread(): void {
    this.#setLimits()
    this.#rig.kill('SIGHUP')
  }

  /** Things in the queue that are not ours, and a trigger made anew. */
  #foreign(): void {
    const queue = (path: string): string => this.#home.at('queue', path)
    writeFileSync(queue(`todo/x${this.#below(3)}`), 'x')
    writeFileSync(queue(`info/${this.#below(23)}/.x`), 'x')
    mkdirSync(queue(`remote/${this.#below(23)}/folder`), { recursive: true })
  }

  #stopped(): void {
    const lines = this.#rig.log.split('\n')
    for (const line of lines.slice(0, -1))
      assert.ok(LINES.some((known) => known.test(line)) || (this.#hasFailed && REFUSED.test(line)), `an odd line in the log: ${line}`)
  }

  async #stop(): Promise<void> {
    this.#rig.kill('SIGTERM')
    let ended: number | string | undefined
    void this.#rig.ended.then((code) => {
      ended = code
    })
    const end = Date.now() + PATIENCE_SECONDS * 1000
    while (ended === undefined) {
      if (this.#failure) throw this.#failure
      for (const asked of [...this.#model.running]) this.#reportOn(asked, this.#pick(REPORTS))
      assert.ok(Date.now() < end, `it does not end; log:\n${this.#rig.log.slice(-3000)}`)
      await delay(2)
    }
    assert.equal(ended, 0, this.#rig.log.slice(-3000))
    await this.#keeper.left()
    if (this.#hasFailed) this.#model.crashed()
    this.#stopped()
    this.#model.checkAll()
    await this.#start()
  }

  async #kill(): Promise<void> {
    this.#rig.kill('SIGKILL')
    await this.#rig.ended
    await this.#keeper.left()
    this.#model.crashed()
    this.#stopped()
    this.#model.checkAll()
    await this.#start()
  }

  /** Fills the disk; gives back what empties it. */
  #fill(): () => void {
    const filler = this.#home.at('disk/filler')
    const fd = openSync(filler, 'w')
    try {
      for (;;) writeSync(fd, CHUNK)
    } catch (error) {
      assert.equal(errorCode(error), 'ENOSPC')
    } finally {
      closeSync(fd)
    }
    return () => unlinkSync(filler)
  }

  /** Has a folder fail; gives back what mends it. */
  #break(folder: string): () => void {
    this.#failing = folder
    this.#point(folder, this.#home.at('queue', folder))
    return () => {
      this.#point(folder, this.#real(folder))
      this.#failing = undefined
    }
  }

  /** The disk is full, or a folder of the queue fails, whoever asks (a link to itself: ELOOP stands for EIO), while reports and a message come; what was given up for two minutes is found again at the next start. */
  async #fault(): Promise<void> {
    const folder = FAULTY[this.#below(FAULTY.length)] ?? 'remote'
    const reported = (): number => this.#rig.log.match(/^delivery /gm)?.length ?? 0
    const [before, count] = [reported(), Math.min(this.#model.running.length, 3)]
    this.#model.doubted()
    this.#hasFailed = true
    const isFull = isRoot && this.#roll() < 0.3
    const mend = isFull ? this.#fill() : this.#break(folder)
    for (const running of this.#model.running.slice(0, count)) {
      const words = this.#pick(REPORTS)
      this.#model.reports(running, words)
      this.#rig.report(running, words)
    }
    this.#send()
    await until(
      () => `${count} reports to be read; log:\n${this.#rig.log.slice(-3000)}`,
      () => reported() >= before + count || this.#failure !== undefined
    )
    mend()
    // what could not be noted for a bounce is tried again in ten seconds: too long for a test of many steps
    const isSlow = isFull || folder === 'bounce'
    await (isSlow || this.#roll() < 0.5 ? this.#kill() : this.#stop())
  }

  /** Until there is something to report on, or nothing left to wait for. */
  async #wait(): Promise<void> {
    const { messages } = this.#model
    const end = Date.now() + PATIENCE_SECONDS * 1000
    for (let n = 1; this.#model.running.length === 0 && this.#model.open > 0; n++) {
      if (this.#failure) throw this.#failure
      // what was put off waits for its time, and what was not pulled for for a look; a signal may come while another is dealt with
      if (n % 50 === 0) this.#rig.kill('SIGALRM')
      assert.ok(Date.now() < end, `${this.#model.open} recipients of ${messages.size} messages are not delivered; log:\n${this.#rig.log.slice(-3000)}`)
      await delay(1)
    }
  }

  /** All that is there is delivered, and leaves nothing but messages qmail-clean would not remove (S2, for the sweep). */
  async #drain(): Promise<void> {
    const left = (): string[] =>
      Object.keys(queueFiles(this.#home)).filter((name) => /\/\d+$/.test(name) && !name.startsWith('mess/') && !name.startsWith('intd/'))
    for (let start = 0; this.#model.open > 0 || this.#keeper.live.size > 0 || left().length > 0; start++) {
      assert.ok(start < 20, `left in the queue: ${left()}`)
      // what the queue refused is tried again in two minutes, or at the next start
      for (let calm = 0; calm < 20; calm++) {
        for (const asked of [...this.#model.running]) this.#reportOn(asked, 'Kok\n')
        if (this.#failure) throw this.#failure
        await this.#wait()
        if (this.#model.running.length === 0 && left().length > 0) await delay(5)
        else if (this.#model.running.length > 0) calm = 0
      }
      await this.#stop()
    }
    this.#model.checkAll()
    this.#rig.kill('SIGKILL')
    await this.#rig.ended
    this.#stopped()
  }
}

for (const [isResident, part] of [
  [true, 1.6],
  [false, 0.4]
] as const) {
  test(`${STEPS * part} random steps ${isResident ? 'in the second gear' : 'in the first gear'}, seed ${SEED}`, async () => {
    try {
      await new Run(isResident, SEED).run(STEPS * part)
    } catch (error) {
      throw new Error(`SEED=${SEED}`, { cause: error })
    }
  })
}
