import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { readSetting } from '../control/read.ts'
import type { Env } from '../core/run.ts'
import { identity, isOwn } from '../os/own.ts'
import { authMode } from '../serve/auth-mode.ts'
import { openDoor } from '../serve/door.ts'
import { type GivenChecker, saysNothingMore } from '../serve/given-checker.ts'
import type { TcpserverLog } from '../serve/log.ts'
import { type FromWorker, isHooked, sessionEnv, type ToWorker } from '../spawn/handover.ts'
import { hasSecondGear, programFile, startResident } from '../spawn/resident.ts'
import type { ProgramName } from '../suite/programs.ts'
import { startTlsFor } from './start-tls.ts'
import { type Workers, waitStatus } from './tcpserver.ts'
import type { TlsDoor } from './tls-door.ts'

/** A worker is replaced after so many sessions. */
const MAX_SESSIONS = 20_000
/** After a worker that came to nothing, processes are used for this long. */
const DISTRUST_MILLISECONDS = 10_000
const FLUSH_MILLISECONDS = 1000
/** Descriptors a worker needs besides two for each session: its own, and idle connections to the queue. */
const SPARE_DESCRIPTORS = 64
const USUAL_DESCRIPTORS = 1024

/** How many sessions a worker can have at a time: a connection that finds no free descriptor there would be lost without a word. */
const sessionRoom = (): number => {
  let limit: string | undefined
  try {
    limit = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
  } catch {
    // where there is no /proc, the usual must do
  }
  return Math.max(1, Math.floor((Number(limit ?? USUAL_DESCRIPTORS) - SPARE_DESCRIPTORS) / 2))
}

/** A file's identity; undefined also when we may not look at it, say in a folder of PATH that is root's own. */
const lookOf = (file: string): string | undefined => {
  try {
    return identity(file)
  } catch {
    return undefined
  }
}

/** One resident server. */
class Worker {
  readonly child: ChildProcess
  readonly active = new Map<number, (status: number) => void>()
  sessions = 0
  isAlive = true
  isRetiring = false
  /** What it was told; undefined: nothing, as there is no TLS at all. */
  isTlsAble: boolean | undefined
  /** Messages on their way into the channel. */
  pending = 0
  /** Those that came with a message and are not in the channel yet. */
  readonly #sockets = new Set<Socket>()

  constructor(child: ChildProcess) {
    this.child = child
  }

  send(message: ToWorker, socket?: Socket): void {
    if (!this.child.connected) {
      socket?.destroy()
      return
    }
    this.pending++
    if (socket) this.#sockets.add(socket)
    // Once it is in the channel, the worker alone has it. (Left to Node, it stays open here until the worker says so, and for ever when that dies.)
    this.child.send(message, socket, { keepOpen: true }, () => {
      this.pending-- // an error means that the worker is gone, and that is noticed by itself
      if (socket) this.#drop(socket)
    })
  }

  /** The worker is gone: so are the connections it never got. */
  dropAll(): void {
    for (const socket of this.#sockets) this.#drop(socket)
  }

  #drop(socket: Socket): void {
    this.#sockets.delete(socket)
    socket.destroy()
  }

  retire(): void {
    if (this.isRetiring) return
    this.isRetiring = true
    this.send({ kind: 'retire' })
  }
}

/**
 * The resident processes of one tcpserver's program (docs/internals.md, Two gears): hands each connection to the least busy one, and gives them connections to the
 * submission socket. Whenever anything about that is not as it should be, `take` declines, and the connection gets a process of its own.
 */
export class ResidentWorkers implements Workers {
  readonly #home: string
  readonly #program: ProgramName
  readonly #count: number
  readonly #log: TcpserverLog
  readonly #checker: GivenChecker
  readonly #tls: TlsDoor | undefined
  readonly #socketPath: string
  readonly #room = sessionRoom()
  readonly #watched: string[]
  #workers: Worker[] = []
  #identities: string | undefined
  #isAllowed = false
  #isQueueUp = false
  #distrustUntil = 0

  /** `checker`: of passwords, on the program's command line. */
  constructor(home: string, program: ProgramName, count: number, log: TcpserverLog, checker: GivenChecker, tls?: TlsDoor) {
    this.#tls = tls
    if (tls) tls.onChange = () => this.#tellTls(this.#workers)
    this.#home = home
    this.#program = program
    this.#count = count
    this.#log = log
    this.#checker = checker
    this.#socketPath = join(home, 'run', 'smtpd', 'socket')
    this.#watched = [programFile(home, program), programFile(home, 'qmail-queue'), join(home, 'control', 'firstgear')]
  }

  /** Starts them, ahead of the first connection. */
  start(): void {
    if (this.#mayBeUsed()) this.#fill()
  }

  async take(socket: Socket, env: Readonly<Env>, id: number, onEnd: (status: number) => void): Promise<boolean> {
    if (env.QMAILQUEUE !== undefined || isHooked(env) || this.#needsChecker(env) || !this.#mayBeUsed()) return false
    this.#fill()
    if (!this.#isQueueUp && !(await this.#openQueue(this.#leastBusy()))) return false
    const worker = this.#leastBusy()
    if (!worker?.child.connected || worker.active.size >= this.#room) return false
    worker.active.set(id, onEnd)
    worker.send({ kind: 'client', id, env: sessionEnv(env) }, socket)
    if (++worker.sessions >= MAX_SESSIONS) worker.retire()
    return true
  }

  /** Passwords of this connection are for a program to check, which a resident server cannot run. */
  #needsChecker(env: Readonly<Env>): boolean {
    const isProgram = this.#checker.kind === 'program' || (this.#checker.kind === 'authd' && !saysNothingMore(this.#checker.rest))
    return isProgram && authMode(env, true).mechanisms.length > 0
  }

  /** Resolves when everything handed over so far has left this process, or at least when it has had the time to. */
  async flush(): Promise<void> {
    const deadline = Date.now() + FLUSH_MILLISECONDS
    const isPending = (w: Worker): boolean => w.isAlive && w.child.connected && w.pending > 0
    while (this.#workers.some(isPending) && Date.now() < deadline) await new Promise((resolve) => setImmediate(resolve))
  }

  /** Are they the suite's own programs still, and is the second gear wanted? When one of them changed, the workers retire. */
  #mayBeUsed(): boolean {
    const now = this.#watched.map(lookOf).join(' ')
    if (now !== this.#identities) {
      this.#identities = now
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
    for (const worker of this.#workers) if (!worker.isRetiring && (!best || worker.active.size < best.active.size)) best = worker
    return best
  }

  #fill(): void {
    for (let n = this.#workers.filter((w) => !w.isRetiring).length; n < this.#count; n++) this.#startWorker()
  }

  #startWorker(): void {
    const args = this.#checker.kind === 'none' ? [] : ['authclient'] // other checkers are never asked from there
    const child = startResident(this.#home, this.#program, { stdio: ['ignore', 'ignore', 2, 'ipc'], env: {}, cwd: '/' }, args)
    const worker = new Worker(child)
    this.#workers.push(worker)
    this.#tellTls([worker])
    child.on('message', (message: FromWorker, socket) => this.#onMessage(worker, message, socket as Socket | undefined))
    child.on('error', () => this.#onGone(worker, waitStatus(1, null)))
    child.on('exit', (code, signal) => this.#onGone(worker, waitStatus(code, signal)))
  }

  /** Can connections turn to TLS? Said to those who do not know yet. */
  #tellTls(workers: readonly Worker[]): void {
    const isAble = this.#tls?.isAble
    if (isAble === undefined) return
    for (const worker of workers) if (worker.isTlsAble !== isAble) worker.send({ kind: 'tls', isAble })
    for (const worker of workers) worker.isTlsAble = isAble
  }

  #onMessage(worker: Worker, message: FromWorker, socket: Socket | undefined): void {
    if (message.kind === 'ended') for (const [id, exit] of message.sessions) this.#endSession(worker, id, waitStatus(exit, null))
    else if (message.kind === 'lostQueue') this.#isQueueUp = false
    else if (message.kind === 'startTls') void startTlsFor(worker.send.bind(worker), message.id, message.ready, socket, this.#tls)
    else if (message.kind === 'wantDoor') void openDoor(this.#home, message.name).then((socket) => worker.send({ kind: 'door', name: message.name }, socket))
    else {
      void this.#openQueue(worker).then((isOpen) => {
        if (!isOpen) worker.send({ kind: 'noQueue' })
      })
    }
  }

  #endSession(worker: Worker, id: number, status: number): void {
    const onEnd = worker.active.get(id)
    worker.active.delete(id)
    onEnd?.(status)
  }

  #onGone(worker: Worker, status: number): void {
    if (!worker.isAlive) return
    worker.isAlive = false
    worker.dropAll()
    this.#workers = this.#workers.filter((w) => w !== worker)
    if (!worker.isRetiring || worker.active.size > 0) {
      this.#log.warn(`${this.#program} worker ${worker.child.pid ?? ''} ended with status ${status}, ${worker.active.size} sessions lost`)
      if (worker.sessions <= worker.active.size) this.#distrustUntil = Date.now() + DISTRUST_MILLISECONDS
    }
    worker.isRetiring = true
    for (const id of [...worker.active.keys()]) this.#endSession(worker, id, status)
  }

  /** Connects to the submission socket for a worker. False if that is not possible now. */
  #openQueue(worker: Worker | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      if (!worker) {
        resolve(false)
        return
      }
      const socket = connect({ path: this.#socketPath })
      socket.once('error', () => {
        this.#isQueueUp = false
        resolve(false)
      })
      socket.once('connect', () => {
        this.#isQueueUp = true
        socket.pause()
        worker.send({ kind: 'queue' }, socket)
        resolve(true)
      })
    })
  }
}

/** The programs whose second gear is kept here. */
const SERVERS: readonly ProgramName[] = ['qmail-smtpd', 'qmail-qmtpd', 'qmail-qmqpd']

/** Which of the suite's own servers this program is, as tcpserver would find it; undefined: none that can be kept resident. */
export const serverNamed = (home: string, program: string, path: string | undefined): ProgramName | undefined => {
  const candidates = program.includes('/') ? [program] : (path ?? '').split(':').map((folder) => join(folder === '' ? '.' : folder, program))
  const found = candidates.find((file) => lookOf(file) !== undefined)
  const look = found === undefined ? undefined : lookOf(found)
  return look === undefined ? undefined : SERVERS.find((name) => lookOf(programFile(home, name)) === look)
}
