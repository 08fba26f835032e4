import { randomBytes } from 'node:crypto'
import { closeSync, fstatSync, fsync, openSync, readdirSync, write } from 'node:fs'
import { NONCE_BYTES, PAGE_BYTES } from '../../log/format.ts'
import { syncFolder } from '../../os/durable.ts'

/** Files the log consists of, and how long each may get. */
export const SEGMENTS = 4
export const SEGMENT_BYTES = 32 << 20
/** A segment's file is lengthened by so much at a time, when so much is left. */
const GROW_BYTES = 4 << 20
const GROW_BELOW_BYTES = 3 << 20
const MODE = 0o640

/** One file of the log, under one epoch. */
export interface SegmentFile {
  /** Its name below queue/log. */
  index: number
  fd: number
  /** 0: it has not been begun by this process. */
  epoch: number
  nonce: Buffer
  /** Of the next record. */
  sequence: number
  /** Where the next batch begins. */
  at: number
  /** Bytes that are there on the disk, zeros or old records: overwriting them changes no metadata. */
  ready: number
  /** Messages in it that are not done. */
  undone: number
  /** Writing to it failed: nothing more is written until it is begun anew. */
  isSpoilt: boolean
}

const later = (call: (done: (error: Error | null) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => call((error) => (error ? reject(error) : resolve())))

const ZEROS = Buffer.alloc(1 << 20)

/** The files of queue/log: made, lengthened and used again, oldest first. */
export class Segments {
  readonly #folder: string
  readonly #files: SegmentFile[] = []
  #isGrowing = false

  /** `folder`: queue/log. Opens the files that are there. Throws system errors. */
  constructor(folder: string) {
    this.#folder = folder
    const names = new Set(readdirSync(folder))
    for (let index = 0; index < SEGMENTS; index++) if (names.has(String(index))) this.#files.push(this.#open(index))
  }

  get files(): readonly SegmentFile[] {
    return this.#files
  }

  /** Makes sure that a file can be begun. Rejects with system errors. */
  async prepare(): Promise<void> {
    if (this.#files.some((file) => file.epoch === 0 && file.ready >= GROW_BYTES)) return
    if (this.#files.length < SEGMENTS || this.#files.some((file) => file.epoch === 0)) await this.#grow(this.#files.find((f) => f.epoch === 0) ?? this.#add())
  }

  /**
   * Begins a file under an epoch: one that was not used by this process yet, else the oldest, if all in it is done. Undefined: there
   * is none. Nothing is written.
   */
  begin(epoch: number): SegmentFile | undefined {
    const file = this.#files.find((f) => f.epoch === 0 && f.ready >= GROW_BYTES) ?? this.#oldestDone()
    if (file === undefined) return undefined
    return Object.assign(file, { epoch, nonce: randomBytes(NONCE_BYTES), sequence: 0, at: 0, isSpoilt: false })
  }

  /** A file that could not be begun may be begun anew. */
  forget(file: SegmentFile): void {
    file.epoch = 0
  }

  /** The lowest epoch that holds something undone; undefined: none does. */
  get oldestUndone(): number | undefined {
    const epochs = this.#files.filter(({ undone }) => undone > 0).map(({ epoch }) => epoch)
    return epochs.length > 0 ? Math.min(...epochs) : undefined
  }

  /** Lengthens a file ahead of what is written to it, or makes the next one ready. Never fails: without it the log is full sooner. */
  async ahead(file: SegmentFile): Promise<void> {
    if (this.#isGrowing) return
    this.#isGrowing = true
    try {
      if (file.ready < SEGMENT_BYTES && file.ready - file.at < GROW_BELOW_BYTES) await this.#grow(file)
      else if (file.isSpoilt || file.at > SEGMENT_BYTES / 2) await this.prepare()
    } catch {
      // a full disk: what does not fit goes file by file
    } finally {
      this.#isGrowing = false
    }
  }

  close(): void {
    for (const { fd } of this.#files.splice(0)) closeSync(fd)
  }

  /** Oldest first, never one before its elders: a `done` must not go before what it is about. */
  #oldestDone(): SegmentFile | undefined {
    if (this.#files.length < SEGMENTS) return undefined
    const oldest = this.#files.reduce((a, b) => (a.epoch < b.epoch ? a : b))
    return oldest.undone === 0 ? oldest : undefined
  }

  #open(index: number): SegmentFile {
    const fd = openSync(`${this.#folder}/${index}`, 'r+')
    const ready = Math.floor(fstatSync(fd).size / PAGE_BYTES) * PAGE_BYTES
    return { index, fd, epoch: 0, nonce: Buffer.alloc(NONCE_BYTES), sequence: 0, at: 0, ready, undone: 0, isSpoilt: false }
  }

  #add(): SegmentFile {
    const index = Array.from({ length: SEGMENTS }, (_, i) => i).find((i) => !this.#files.some((f) => f.index === i)) ?? 0
    closeSync(openSync(`${this.#folder}/${index}`, 'wx', MODE))
    syncFolder(this.#folder)
    const file = this.#open(index)
    this.#files.push(file)
    return file
  }

  async #grow(file: SegmentFile): Promise<void> {
    const end = Math.min(SEGMENT_BYTES, file.ready + GROW_BYTES)
    for (let at = file.ready; at < end; at += ZEROS.length) {
      const length = Math.min(ZEROS.length, end - at)
      await later((done) => write(file.fd, ZEROS, 0, length, at, (error, wrote) => done(error ?? (wrote === length ? null : new Error('short write')))))
    }
    await later((done) => fsync(file.fd, done))
    file.ready = end
  }
}
