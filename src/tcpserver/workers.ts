import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { TcpserverLog } from '../accept/log.ts'
import { readSetting } from '../control/read.ts'
import { Exit } from '../core/exit.ts'
import { reason } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import type { Addresses } from '../net/peer.ts'
import { isOwn, looksOf } from '../os/own.ts'
import { stopReading } from '../os/stop-reading.ts'
import { canLogIn } from '../serve/auth-mode.ts'
import { connectTo, openDoor } from '../serve/door.ts'
import type { GivenChecker } from '../serve/given-checker.ts'
import { type FromWorker, isHooked, type Numbers, sessionEnv } from '../spawn/handover.ts'
import { hasSecondGear, programFile, startResident } from '../spawn/own-program.ts'
import type { ProgramName } from '../suite/programs.ts'
import { hasLists, type LastingDoor, permissionsFor, rulesPermission } from './door.ts'
import { LISTENING_FD } from './listener.ts'
import { note } from './news.ts'
import { startTlsFor } from './start-tls.ts'
import { type TcpServer, type Workers, waitStatus } from './tcpserver.ts'
import type { TlsManner } from './tls-manner.ts'
import { sessionRoom, Worker } from './worker.ts'

/** After a worker that came to nothing, processes are used for this long. */
const DISTRUST_MILLISECONDS = 10_000
/** After this time, or again and again after it, workers that had to stop accepting are replaced, if it is calm. */
const CALM_MILLISECONDS = 20_000
const STOPPING_MILLISECONDS = 1000
const LOOK_MILLISECONDS = 2
/** Numbers a worker gets at a time. */
const NUMBERS = 2000
/** What is kept resident, and how many of it. */
export interface Kept {
  program: ProgramName
  count: number
  /** Of passwords, on the program's command line. */
  checker: GivenChecker
  door: LastingDoor
}

/**
 * The resident processes of one tcpserver's program (docs/internals.md, Two gears). They accept connections by themselves on its socket, each as many at a time as it
 * has slots; when all slots are taken they stop for good, and tcpserver accepts and hands over, until calm has come back and others take their place. They get
 * connections to the submission socket from here. Whenever anything about that is not as it should be, connections get a process of their own.
 */
export class ResidentWorkers implements Workers {
  readonly #home: string
  readonly #program: ProgramName
  readonly #count: number
  readonly #args: string[]
  readonly #log: TcpserverLog
  readonly #server: TcpServer
  readonly #door: LastingDoor
  readonly #tls: TlsManner | undefined
  readonly #socketPath: string
  readonly #room = sessionRoom()
  readonly #watched: string[]
  #workers: Worker[] = []
  #look: string | undefined
  #isAllowed = false
  #isQueueUp = false
  #distrustUntil = 0
  #isStopping = false
  #calm: NodeJS.Timeout | undefined

  constructor(home: string, { program, count, checker, door }: Kept, log: TcpserverLog, server: TcpServer, tls?: TlsManner) {
    this.#tls = tls
    if (tls) tls.door.onChange = () => this.#tellTls(this.#workers)
    this.#home = home
    this.#program = program
    this.#count = count
    this.#args = checker.kind === 'none' ? [] : ['authclient'] // other checkers are never asked from there
    this.#log = log
    this.#server = server
    this.#door = door
    this.#socketPath = join(home, 'run', 'smtpd', 'socket')
    this.#watched = [programFile(home, program), programFile(home, 'qmail-queue'), join(home, 'control', 'firstgear'), join(home, 'control', 'dnsbllist')]
  }

  get isHearing(): boolean {
    return this.#workers.some((w) => w.isHearing)
  }

  start(): void {
    if (this.#mayBeUsed()) this.#fill()
  }

  async take(socket: Socket, env: Readonly<Env>, id: number): Promise<boolean> {
    if (env.QMAILQUEUE !== undefined || isHooked(env) || (this.#door.runsChecker && canLogIn(env)) || !this.#mayBeUsed()) return false
    if (!this.#isQueueUp && !(await this.#openQueue(this.#leastBusy()))) return false
    const worker = this.#leastBusy()
    if (!worker?.child.connected || worker.active.size >= this.#room) return false
    worker.add(id)
    worker.send({ kind: 'client', id, env: sessionEnv(env) }, socket)
    return true
  }

  deal(): void {
    const hearing = this.#workers.filter((w) => w.isHearing && !w.isRetiring && w.slots < this.#room)
    for (const [n, worker] of hearing.entries()) {
      const more = Math.min(Math.ceil(this.#free() / (hearing.length - n)), this.#room - worker.slots)
      if (more <= 0) return
      worker.slots += more
      worker.send({ kind: 'slots', more })
    }
  }

  /** Resolves when no worker accepts any more and everything handed over has left this process, or at least when that has had the time to happen. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const worker of this.#workers) worker.retire()
    const isBusy = (w: Worker): boolean => w.isAlive && w.child.connected && (w.isHearing || w.pending > 0)
    for (const end = Date.now() + STOPPING_MILLISECONDS; this.#workers.some(isBusy) && Date.now() < end; )
      await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS))
  }

  /** Connections that may come, and are nobody's yet. */
  #free(): number {
    const claims = this.#workers.reduce((sum, w) => sum + w.claim - w.active.size, 0)
    return this.#server.limit - this.#server.active - claims
  }

  /** Are they the suite's own programs still, and is the second gear wanted? When something about that changed, the workers retire. */
  #mayBeUsed(): boolean {
    const now = looksOf(this.#watched)
    if (now !== this.#look) {
      this.#look = now
      this.#isAllowed = this.#judge()
      for (const worker of this.#workers) worker.retire()
    }
    return this.#isAllowed && Date.now() >= this.#distrustUntil
  }

  #judge(): boolean {
    try {
      return hasSecondGear(this.#home, this.#program, readSetting(this.#home, 'firstgear')) && isOwn(programFile(this.#home, 'qmail-queue'), 'qmail-queue')
    } catch {
      return false // control/firstgear cannot be read: the first gear always works
    }
  }

  #leastBusy(): Worker | undefined {
    let best: Worker | undefined
    for (const worker of this.#workers) if (!worker.isRetiring && !worker.isHearing && (!best || worker.active.size < best.active.size)) best = worker
    return best
  }

  /** New ones wait until those before them have given back what they do not need any more. */
  #fill(): void {
    if (this.#isStopping || this.#workers.some((w) => w.isRetiring && w.isHearing)) return
    for (let missing = this.#count - this.#workers.filter((w) => !w.isRetiring).length; missing > 0; missing--)
      this.#startWorker(Math.min(this.#room, Math.max(0, Math.floor(this.#free() / missing))))
  }

  #startWorker(slots: number): void {
    const mayAccept = this.#tls?.isAlwaysAtOnce !== true
    const accepts = slots > 0 && mayAccept
    const child = startResident(
      this.#home,
      this.#program,
      { stdio: [accepts ? LISTENING_FD : 'ignore', 'ignore', 2, 'ipc'], env: {}, cwd: '/' },
      this.#args,
      accepts ? permissionsFor(this.#door, this.#watched) : rulesPermission(this.#door)
    )
    const worker = new Worker(child, accepts ? slots : 0)
    this.#workers.push(worker)
    child.on('message', (message: FromWorker, socket) => this.#onMessage(worker, message, socket as Socket | undefined))
    child.on('error', () => this.#onGone(worker, waitStatus(1, null)))
    child.on('exit', (code, signal) => this.#onGone(worker, waitStatus(code, signal)))
    this.#tellTls([worker])
    const watched = { files: this.#watched, look: this.#look ?? '' }
    worker.send({
      kind: 'begin',
      slots: accepts ? slots : 0,
      numbers: this.#numbers(),
      door: accepts ? { ...this.#door, hasLists: hasLists(this.#home), watched } : undefined
    })
    if (!accepts && mayAccept) this.#awaitCalm()
  }

  /** Can connections turn to TLS? Said to those who do not know yet. */
  #tellTls(workers: readonly Worker[]): void {
    const isAble = this.#tls?.door.isAble
    if (isAble === undefined) return
    for (const worker of workers) if (worker.isTlsAble !== isAble) worker.send({ kind: 'tls', isAble })
    for (const worker of workers) worker.isTlsAble = isAble
  }

  #numbers(): Numbers {
    return { first: this.#server.nextNumber(NUMBERS), count: NUMBERS }
  }

  #onMessage(worker: Worker, message: FromWorker, socket: Socket | undefined): void {
    const { kind } = message
    if (kind === 'news') this.#log.together(() => message.news.forEach((news) => void note(this.#server, worker, news)))
    else if (kind === 'ask') void this.#decide(worker, message.id, message.ends)
    else if (kind === 'back') this.#takeBack(worker, message, socket)
    else if (kind === 'deaf') this.#onDeaf(worker)
    else if (kind === 'changed') this.#onChanged(worker)
    else if (kind === 'wantNumbers') worker.send({ kind: 'numbers', numbers: this.#numbers() })
    else if (kind === 'lostQueue') this.#isQueueUp = false
    else if (kind === 'startTls') void startTlsFor(worker.send.bind(worker), message.id, message.ready, socket, this.#tls?.door, this.#log)
    else if (kind === 'wantDoor') void openDoor(this.#home, message.name).then((door) => worker.send({ kind: 'door', name: message.name }, door))
    else {
      void this.#openQueue(worker).then((isOpen) => {
        if (!isOpen) worker.send({ kind: 'noQueue' })
      })
    }
  }

  async #decide(worker: Worker, id: number, ends: Addresses): Promise<void> {
    try {
      worker.send({ kind: 'decision', id, decision: await this.#server.admission.decide({ number: id, ends }) })
    } catch (error) {
      worker.send({ kind: 'decision', id, trouble: reason(error) })
    }
  }

  #onChanged(worker: Worker): void {
    this.#mayBeUsed()
    worker.retire()
  }

  /** A connection the worker may not serve gets a process; the slot comes with it. */
  #takeBack(worker: Worker, { id, ends, decision }: FromWorker & { kind: 'back' }, socket: Socket | undefined): void {
    worker.active.delete(id)
    worker.slots--
    if (socket) {
      stopReading(socket)
      this.#server.admission.arrive(id, ends.remoteIp)
      this.#server.run(socket, { number: id, ends }, decision)
    } else this.#server.register.ended(id, Exit.temporary) // it was lost on its way
  }

  #onDeaf(worker: Worker): void {
    worker.isHearing = false
    if (worker.isRetiring) this.start()
    else this.#awaitCalm()
    this.#server.review()
  }

  /** When there is plenty of room again, those that accept no more make place for others that do. */
  #awaitCalm(): void {
    this.#calm ??= setTimeout(() => {
      this.#calm = undefined
      const deaf = this.#workers.filter((w) => !w.isHearing && !w.isRetiring)
      if (deaf.length === 0) return
      if (this.#server.active * 2 > this.#server.limit || this.#workers.some((w) => w.isRetiring)) return this.#awaitCalm()
      for (const worker of deaf) worker.retire()
      this.start()
      this.#server.review()
    }, CALM_MILLISECONDS).unref()
  }

  #onGone(worker: Worker, status: number): void {
    if (!worker.isAlive) return
    worker.isAlive = false
    worker.isHearing = false
    worker.dropAll()
    this.#workers = this.#workers.filter((w) => w !== worker)
    const lost = [...worker.active]
    if (!worker.isRetiring || lost.length > 0) {
      this.#log.warn(`${this.#program} worker ${worker.child.pid ?? ''} ended with status ${status}, ${lost.length} sessions lost`)
      if (worker.sessions <= lost.length) this.#distrustUntil = Date.now() + DISTRUST_MILLISECONDS
    }
    worker.isRetiring = true
    worker.active.clear()
    for (const id of lost) this.#server.register.endedAs(id, id, status)
    this.start()
    this.#server.review()
  }

  /** Connects to the submission socket for a worker. False if that is not possible now. */
  async #openQueue(worker: Worker | undefined): Promise<boolean> {
    const socket = worker && (await connectTo(this.#socketPath))
    if (worker) this.#isQueueUp = socket !== undefined
    if (socket) worker.send({ kind: 'queue' }, socket)
    return socket !== undefined
  }
}
