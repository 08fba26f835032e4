import type { Server, Socket } from 'node:net'
import { join } from 'node:path'
import { reason } from '../core/failure.ts'
import { listenAt } from '../os/listen.ts'
import { dropLimit } from '../queue/drop-format.ts'
import { envelopeLimits } from '../queue/envelope.ts'
import { DropDoor } from './drop.ts'
import { GroupCommit } from './group-commit.ts'
import type { Queue } from './intake.ts'
import { LogKeeper } from './log/keeper.ts'
import { QueuedSession, type Sender } from './session.ts'

const TELL_AGAIN_MILLISECONDS = 60_000
/** More than all sessions of our own programs together; beyond it connections are refused. */
const MAX_CONNECTIONS = 2000

/** What the doors need before root is given up. */
export interface QueuedOptions {
  home: string
  /** Accounts behind the submission sockets. */
  senders: { smtpd: Sender; send: Sender }
  /** A uid in the words of the `Received` line. */
  who: (uid: number) => string
  /** The longest message for the commit log; 0: it is off. */
  logBytes: number
  log: (line: string) => void
}

/** qmail-queued: the submission sockets and the drop folder, behind them the commit log and one group commit (docs/internals.md, What is promised). */
export class Queued {
  readonly #options: QueuedOptions
  readonly #sessions = new Map<Socket, QueuedSession>()
  #servers: Server[] = []
  #early: [Socket, Sender][] = []
  #sendSocket: Socket | undefined
  #told = { why: '', atMs: 0 }
  #queue: Queue | undefined
  #drop: DropDoor | undefined

  constructor(options: QueuedOptions) {
    this.#options = options
  }

  /** Binds the submission sockets, which only root can. Nothing is read from connections before serve. A door that its account has blocked stays shut; the others open. */
  async bind(): Promise<void> {
    const { home, senders } = this.#options
    for (const folder of ['smtpd', 'send'] as const)
      await this.#listen(join(home, 'run', folder, 'socket'), MAX_CONNECTIONS, (socket) => this.#accept(socket, senders[folder]))
    await this.#listen(join(home, 'run', 'send', 'log'), 1, (socket) => this.#connect(socket))
  }

  async #listen(path: string, maxConnections: number, accept: (socket: Socket) => void): Promise<void> {
    try {
      this.#servers.push(await listenAt(path, maxConnections, accept))
    } catch (error) {
      this.#options.log(`alert: ${reason(error)}; going on without this door until the next start`)
    }
  }

  /**
   * Opens the queue, its log and the drop folder, as qmailq; the current folder is the home. What an earlier run left in the log is in the queue then.
   * Rejects with system errors, and Temporary when a setting cannot be read.
   */
  async serve(): Promise<void> {
    const { home, log, logBytes, senders } = this.#options
    const limits = envelopeLimits(home)
    const group = new GroupCommit('queue/')
    const keeper = new LogKeeper({ root: 'queue/', group, maxBytes: logBytes, log })
    await keeper.start()
    const trusted = new Set([senders.smtpd.uid, senders.send.uid])
    const queue = { root: 'queue/', group, keeper, limits, trusted, trouble: (why: string) => this.#trouble(why) }
    this.#queue = queue
    if (this.#sendSocket) keeper.connect(this.#sendSocket)
    for (const server of this.#servers) server.on('error', (error) => log(`warning: unable to accept a connection: ${error.message}`))
    this.#drop = new DropDoor({ folder: join(home, 'drop'), queue, maxBytes: dropLimit(home), who: this.#options.who, log })
    this.#drop.start()
    for (const [socket, sender] of this.#early.splice(0)) this.#accept(socket, sender)
  }

  /** Looks through all of the drop folder now. */
  scan(): void {
    this.#drop?.pullAll()
  }

  /** Stops accepting, finishes the messages whose envelope is complete, gives up the others. */
  async stop(): Promise<void> {
    for (const server of this.#servers) server.close()
    const closed = [...this.#sessions.keys()].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
    for (const session of this.#sessions.values()) session.stop()
    await Promise.all([...closed, this.#drop?.stop()])
    await this.#queue?.keeper?.stop()
  }

  /** The same trouble is told once a minute: a full disk refuses a thousand messages a second. */
  #trouble(why: string): void {
    if (why === this.#told.why && Date.now() - this.#told.atMs < TELL_AGAIN_MILLISECONDS) return
    this.#told = { why, atMs: Date.now() }
    this.#options.log(`warning: unable to queue messages: ${why}`)
  }

  /** qmail-send; it may come before the log is open. */
  #connect(socket: Socket): void {
    if (this.#queue) this.#queue.keeper?.connect(socket)
    else if (this.#sendSocket) socket.destroy()
    else this.#sendSocket = socket
  }

  #accept(socket: Socket, sender: Sender): void {
    if (!this.#queue) {
      this.#early.push([socket, sender]) // still root: nothing is read yet
      return
    }
    this.#sessions.set(socket, new QueuedSession(socket, this.#queue, sender))
    socket.on('close', () => this.#sessions.delete(socket))
  }
}
