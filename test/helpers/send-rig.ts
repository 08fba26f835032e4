import { type ChildProcess, spawn } from 'node:child_process'
import {
  closeSync,
  constants,
  linkSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { after } from 'node:test'
import { errorCode } from '../../src/core/failure.ts'
import { CommandParser, limitBytes, reportBytes } from '../../src/queue/spawnproto.ts'
import { endWith } from './ending.ts'
import type { Home } from './home.ts'
import { until } from './wait.ts'

/** One delivery qmail-send asked a spawner for. */
export interface Asked {
  channel: 'local' | 'remote'
  slot: number
  id: number
  sender: string
  recipient: string
  /** Those who go with it; their reports follow, in order. */
  others: string[]
  /** It stands in the commit log. */
  isLogged?: true
}

export interface RigOptions {
  /** Start it in its second gear. */
  resident?: boolean
  /** What the spawners announce; undefined: they leave without a word. */
  limits?: [number, number] | undefined
  env?: Record<string, string>
  /** qmail-rspawn's numbers have two bytes, and this is its limit. */
  wide?: number
  /** The same of qmail-lspawn. */
  wideLocal?: number
  /** Then so many recipients of a message go in one delivery. */
  together?: number
}

const text = (b: Buffer): string => b.toString('latin1')

/** qmail-send's neighbours, played by a test: the logger, both spawners and qmail-clean. */
export class SendRig {
  readonly #home: Home
  readonly #child: ChildProcess
  readonly #widths: Record<'local' | 'remote', 1 | 2>
  readonly #back: Record<'local' | 'remote' | 'clean', Duplex>
  log = ''
  /** Deliveries asked for and not answered by the test yet. */
  asked: Asked[] = []
  /** Commands for qmail-clean, in order. */
  cleaned: string[] = []
  /** What qmail-clean does with a command; undefined: no answer (yet). By default it obeys. */
  onClean: (command: string) => string | undefined = (command) => this.obey(command)
  /** What a spawner reports at once; undefined: the test will see to it. */
  onDelivery: (asked: Asked) => string | undefined = () => undefined
  /** Its exit code or the signal that ended it. */
  readonly ended: Promise<number | string>

  constructor(home: Home, options: RigOptions = {}) {
    const { resident, limits, env, wide, wideLocal, together } = { resident: false, limits: [120, 120], env: {}, ...options }
    this.#widths = { local: wideLocal === undefined ? 1 : 2, remote: wide === undefined ? 1 : 2 }
    this.#home = home
    const parent = resident ? '7<&10' : '7>&-' // in the second gear, what tells it that qmail-start is gone
    const order = `exec "$1" 0>&3 1>&4 2<&5 3>&6 4<&7 5>&8 6<&9 ${parent} 8>&- 9>&- 10>&-`
    this.#child = spawn('/bin/bash', ['-c', order, 'sh', home.at('bin', 'qmail-send')], {
      stdio: ['ignore', 'inherit', 'inherit', ...Array<'pipe'>(8).fill('pipe')],
      env: {
        PATH: `${home.at('bin')}:/usr/bin:/bin`,
        ...env,
        ...(resident ? { QMAIL_RESIDENT: '1' } : {}),
        ...(wide === undefined && wideLocal === undefined ? {} : { QMAIL_WIDE: '1' })
      }
    })
    this.ended = new Promise((resolve) => this.#child.on('exit', (code, signal) => resolve(signal ?? code ?? -1)))
    endWith(home, this.#child)
    const fds = this.#child.stdio.slice(3) as unknown as Duplex[]
    for (const stream of fds) stream.on('error', () => {})
    const [log, toLocal, fromLocal, toRemote, fromRemote, toClean, fromClean] = fds as [Duplex, Duplex, Duplex, Duplex, Duplex, Duplex, Duplex]
    this.#back = { local: fromLocal, remote: fromRemote, clean: fromClean }
    log.on('data', (d: Buffer) => {
      this.log += text(d)
    })
    this.#hearSpawner('local', toLocal)
    this.#hearSpawner('remote', toRemote)
    this.#hearClean(toClean)
    for (const [i, stream] of [fromLocal, fromRemote].entries()) {
      const numbers = i === 0 ? wideLocal : wide
      if (limits === undefined) stream.end()
      else if (numbers !== undefined) stream.write(Buffer.from(limitBytes(numbers, 2, i === 0 ? undefined : together), 'latin1'))
      else stream.write(Buffer.of(limits[i] ?? 0))
    }
  }

  #hearSpawner(channel: 'local' | 'remote', stream: Duplex): void {
    const parser = new CommandParser(this.#widths[channel])
    stream.on('data', (d: Buffer) => {
      for (const { slot, message, sender, recipient, others = [] } of parser.push(d)) {
        const [, id, segment] = message.split('/')
        const asked: Asked = { channel, slot, id: Number(id), sender, recipient, others: [...others], ...(segment !== undefined && { isLogged: true }) }
        const words = this.onDelivery(asked)
        if (words === undefined) this.asked.push(asked)
        else this.report(asked, words)
      }
    })
  }

  #hearClean(stream: Duplex): void {
    let held = ''
    stream.on('data', (d: Buffer) => {
      const commands = (held + text(d)).split('\0')
      held = commands.pop() ?? ''
      for (const command of commands) {
        this.cleaned.push(command)
        const answer = this.onClean(command)
        if (answer !== undefined) this.say('clean', answer)
      }
    })
  }

  queue(...parts: string[]): string {
    return this.#home.at('queue', ...parts)
  }

  /** Does what qmail-clean does. */
  obey(command: string): string {
    const [kind = '', id = ''] = command.split('/')
    for (const file of kind === 'foop' ? [`intd/${id}`, `mess/${Number(id) % 23}/${id}`] : [`intd/${id}`, `todo/${id}`])
      rmSync(this.queue(file), { force: true })
    return '+'
  }

  /** Says something to qmail-send in a neighbour's name. */
  say(who: 'local' | 'remote' | 'clean', words: string): void {
    this.#back[who].write(Buffer.from(words, 'latin1'))
  }

  hangUp(who: 'local' | 'remote' | 'clean'): void {
    this.#back[who].destroy()
  }

  /** Waits for the next delivery asked for, by a pattern of its recipient. */
  async delivery(recipient: RegExp): Promise<Asked> {
    const found = await until(
      () => `a delivery to ${recipient}; log:\n${this.log}`,
      () => this.asked.find((a) => recipient.test(a.recipient))
    )
    this.asked.splice(this.asked.indexOf(found), 1)
    return found
  }

  /** Reports on a delivery; of several recipients', on the next one. */
  report(delivery: Asked, words: string): void {
    this.say(delivery.channel, reportBytes(delivery.slot, words, this.#widths[delivery.channel]))
  }

  logged(pattern: RegExp): Promise<RegExpExecArray> {
    return until(
      () => `${pattern} in the log:\n${this.log}`,
      () => pattern.exec(this.log) ?? undefined
    )
  }

  /** Processor time used so far, in milliseconds. */
  cpu(): number {
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) * 10
  }

  /** Does it sleep just now? */
  sleeps(): boolean {
    return / S$/.test(readFileSync(`/proc/${this.#child.pid}/stat`, 'latin1').replace(/\) (.).*/s, ') $1'))
  }

  /** The most memory it has held so far, in megabytes. */
  peakMegabytes(): number {
    return Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'latin1'))?.[1] ?? 0) / 1024)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async stop(): Promise<number | string> {
    this.kill('SIGTERM')
    return this.ended
  }

  pull(): void {
    const fd = openSync(this.queue('lock/trigger'), constants.O_WRONLY | constants.O_NONBLOCK)
    writeSync(fd, '\0')
    closeSync(fd)
  }
}

interface Put {
  sender?: string
  body?: string
  /** Hears the number before qmail-send can. */
  onNumber?: (id: number) => void
  /** What its sender asked for besides, from the first on. */
  notes?: string
}

/** Lays a message into mess/ under its own number, as its writer would; `envelope` into todo/. Returns the number. */
export const putMessage = (
  home: Home,
  recipients: string[],
  { sender = 's@s.example', body = 'Subject: hi\n\nbody\n', notes = '', onNumber }: Put = {}
): number => {
  const scratch = home.at('queue/mess/0/new')
  writeFileSync(scratch, body)
  const id = statSync(scratch).ino
  renameSync(scratch, home.at(`queue/mess/${id % 23}/${id}`))
  onNumber?.(id)
  putEnvelope(home, id, recipients, sender, notes)
  return id
}

/** Lays an envelope into todo/; `notes` go behind the number of its `p` record. */
export const putEnvelope = (home: Home, id: number, recipients: string[], sender = 's@s.example', notes = ''): void => {
  const envelope = home.at('queue/intd', String(id))
  writeFileSync(envelope, Buffer.from(`u7\0p99${notes && ` ${notes}`}\0F${sender}\0${recipients.map((r) => `T${r}\0`).join('')}`, 'latin1'))
  renameSync(envelope, home.at('queue/todo', String(id)))
}

/** Lays a message as one that was sorted at `birth` and waits for its next try at `due` (Unix seconds), under a number that no file has: what it says is in no file, either. */
export const putWaiting = (
  home: Home,
  recipients: string[],
  { id, birth, due, sender = 's@s.example', channel = 'remote' }: { id: number; birth: number; due: number; sender?: string; channel?: 'local' | 'remote' }
): void => {
  const lay = (folder: string, text: string, time: number): void => {
    const path = home.at(`queue/${folder}/${id % 23}/${id}`)
    writeFileSync(path, Buffer.from(text, 'latin1'), { mode: 0o600 })
    utimesSync(path, time, time)
  }
  lay('info', `F${sender}\0`, birth)
  lay(channel, recipients.map((address) => `T${address}\0`).join(''), due)
}

/** Lays another message like one that putWaiting laid. They share their files, so none of them may be delivered. */
export const linkWaiting = (home: Home, from: number, to: number): void => {
  for (const folder of ['info', 'remote']) linkSync(home.at(`queue/${folder}/${from % 23}/${from}`), home.at(`queue/${folder}/${to % 23}/${to}`))
}

/** For putWaiting: no file has such a number. */
export const NO_INODE = 2 ** 40

/** Every file of the queue that belongs to a message: `info/12` etc. by folder, with the text of those qmail-send writes. */
export const queueFiles = (home: Home): Record<string, string> => {
  const files: Record<string, string> = {}
  for (const folder of ['mess', 'intd', 'todo', 'info', 'local', 'remote', 'bounce']) {
    for (const name of readdirSync(home.at('queue', folder), { recursive: true }).map(String)) {
      try {
        const path = home.at('queue', folder, name)
        if (statSync(path).isFile()) files[`${folder}/${name.split('/').pop()}`] = folder === 'mess' ? '' : text(readFileSync(path))
      } catch (error) {
        if (errorCode(error) !== 'ENOENT') throw error // it was removed meanwhile
      }
    }
  }
  return files
}

/** A folder for a test's own files. */
export const scratchFolder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'send-'))
  after(() => rmSync(path, { recursive: true, force: true }))
  return path
}
