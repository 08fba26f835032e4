import { openSync, readSync } from 'node:fs'
import { type Bytes, toBuffer } from '../../core/bytes.ts'
import { closeQuietly } from '../../os/close.ts'
import { syncFileLater } from '../../os/durable.ts'
import { FileOut } from '../../queue/file-out.ts'
import { areWithin, infoText, type Notes, type NotesText, type PlacedNote, packInfoNotes, parseNotes } from '../../queue/notes.ts'
import { CHANNELS, type Channel, SPLIT, splitPath } from '../../queue/paths.ts'
import { type Routing, rewrite } from '../../queue/rewrite.ts'
import { TodoReader } from '../../queue/todo.ts'
import type { FolderSyncs } from './folder-syncs.ts'

const CHUNK_BYTES = 65_536

interface Target {
  path: string
  folder: string
  fd: number
  out: FileOut
}

/**
 * The preprocessing of one envelope that is too large to be held: read as a stream, a piece a turn, its recipients written to local and remote as
 * they come, synced without stopping the loop. The states are those of any preprocessing: until todo/ID goes, a crash has it done again.
 */
export class LargeSort {
  readonly id: number
  readonly reader = new TodoReader()
  readonly counts: Record<Channel, number> = { local: 0, remote: 0 }
  readonly #routing: Routing
  #notes: Notes | undefined
  readonly #placed: PlacedNote[] = []
  readonly #ends: Record<Channel, number> = { local: 0, remote: 0 }
  readonly #todo: number
  readonly #info: Target
  readonly #targets = new Map<Channel, Target>()

  /** Opens the envelope and creates info. Throws system errors with their path. */
  constructor(routing: Routing, id: number) {
    this.#routing = routing
    this.id = id
    this.#todo = openSync(`todo/${id}`, 'r')
    try {
      this.#info = this.#create('info')
    } catch (error) {
      closeQuietly(this.#todo)
      throw error
    }
  }

  /** The next piece. False at the end, or when the envelope makes no sense (reader.isValid). Throws system errors. */
  readOn(): boolean {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
    const length = readSync(this.#todo, buffer)
    const recipients = this.reader.push(buffer.toString('latin1', 0, length))
    this.#notes ??= parseNotes(this.reader.notes)
    for (const recipient of recipients) this.#add(recipient)
    return length > 0 && this.reader.isValid
  }

  #add(recipient: Bytes): void {
    const { channel, address } = rewrite(recipient, this.#routing)
    const note = this.#notes?.recipients.get(this.counts.local + this.counts.remote)
    if (note) this.#placed.push({ ...note, channel, address, at: this.#ends[channel] })
    this.counts[channel]++
    this.#ends[channel] += address.length + 2
    this.#target(channel).out.add(toBuffer(`T${address}\0`))
  }

  /** As they stand in info/. */
  #infoNotes(): NotesText {
    const isGood = this.#notes && areWithin(this.#notes, this.counts.local + this.counts.remote)
    return this.#notes && isGood ? packInfoNotes(this.#notes.items, this.#placed) : ''
  }

  /** Writes info and makes everything durable: contents first, then their names. Rejects with system errors. */
  async finish(folders: FolderSyncs): Promise<void> {
    const { sender } = this.reader
    if (sender !== undefined) this.#info.out.add(toBuffer(infoText(sender, this.#infoNotes())))
    const all = [this.#info, ...this.#targets.values()]
    for (const { out } of all) out.flush()
    for (const { fd } of all) await syncFileLater(fd)
    for (const { folder } of all) await folders.sync(folder)
  }

  close(): void {
    for (const fd of [this.#todo, this.#info.fd, ...[...this.#targets.values()].map((t) => t.fd)]) closeQuietly(fd)
  }

  /** The channels that have recipients. */
  get channels(): Channel[] {
    return CHANNELS.filter((channel) => this.counts[channel] > 0)
  }

  #target(channel: Channel): Target {
    const target = this.#targets.get(channel) ?? this.#create(channel)
    this.#targets.set(channel, target)
    return target
  }

  #create(folder: 'info' | Channel): Target {
    const path = splitPath(folder, this.id)
    const fd = openSync(path, 'wx', 0o600)
    return { path, folder: `${folder}/${this.id % SPLIT}`, fd, out: new FileOut(fd) }
  }
}
