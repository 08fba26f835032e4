import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { dirname } from 'node:path'

/** What happened to the disk, in order; `covers`: a sync that has ended makes durable what came before that event. */
type Event =
  | { kind: 'write'; file: string; at: number; data: Buffer }
  | { kind: 'truncate'; file: string }
  | { kind: 'create'; file: string; path: string }
  | { kind: 'rename'; file: string; from: string; path: string }
  | { kind: 'unlink'; path: string }
  | { kind: 'sync'; file: string; covers: number }
  | { kind: 'note'; text: string }

/** What a disk holds: bytes by path. */
export type Disk = Map<string, Buffer>

/** How much of what no sync has covered is on the disk: nothing, every second page of it, or all (a process was killed, the power stayed). */
export type Luck = 'none' | 'torn' | 'all'

const PAGE = 4096

/** Records what this process does to files below a folder, so that any moment's disk after a loss of power can be made up. */
export class PowerRecorder {
  readonly events: Event[] = []
  readonly #top: string
  /** Inodes are used again: which file an inode is now. */
  readonly #files = new Map<number, string>()
  #born = 0
  readonly #patched = new Map<string, unknown>()
  readonly #folders = new Map<string, string>()
  readonly #real = { ...fs }

  constructor(top: string) {
    this.#top = top
  }

  /** Something the test wants to find among the events. */
  note(text: string): void {
    this.events.push({ kind: 'note', text })
  }

  #fileOf(fd: number): string {
    const { ino } = this.#real.fstatSync(fd)
    const known = this.#files.get(ino) ?? `old${ino}`
    this.#files.set(ino, known)
    return known
  }

  #opened(path: unknown, fd: number, isNew: boolean): void {
    if (typeof path !== 'string' || !isNew) return
    const { ino } = this.#real.fstatSync(fd)
    const file = `f${++this.#born}`
    this.#files.set(ino, file)
    this.events.push({ kind: 'create', file, path })
  }

  #wrote(fd: number, data: Buffer, at: number): void {
    this.events.push({ kind: 'write', file: this.#fileOf(fd), at, data: Buffer.from(data) })
  }

  /** Puts itself between this process and node:fs, until stop. */
  start(): void {
    const real = this.#real
    const patch = (name: string, call: unknown): void => {
      const all = fs as unknown as Record<string, unknown>
      this.#patched.set(name, all[name])
      all[name] = call
    }
    const ends = new Map<number, number>()
    patch('openSync', (path: string, flags: string, mode?: number): number => {
      const isThere = real.existsSync(path)
      const fd = real.openSync(path, flags, mode)
      if (String(path).startsWith(this.#top)) {
        this.#opened(path, fd, !isThere)
        ends.set(fd, 0)
        if (isThere && flags === 'w') this.events.push({ kind: 'truncate', file: this.#fileOf(fd) })
      }
      return fd
    })
    patch('writeSync', (fd: number, data: Buffer, offset = 0, length = data.length - offset, position?: number): number => {
      const at = ends.get(fd)
      if (at === undefined) return real.writeSync(fd, data, offset, length, position)
      const wrote = real.writeSync(fd, data, offset, length, position)
      this.#wrote(fd, data.subarray(offset, offset + wrote), at)
      ends.set(fd, at + wrote)
      return wrote
    })
    patch('write', (fd: number, data: Buffer, offset: number, length: number, at: number, done: (e: Error | null, n: number) => void): void => {
      this.#wrote(fd, data.subarray(offset, offset + length), at)
      real.write(fd, data, offset, length, at, done)
    })
    patch('writev', (fd: number, pieces: Buffer[], at: number, done: (e: Error | null, n: number) => void): void => {
      this.#wrote(fd, Buffer.concat(pieces), at)
      real.writev(fd, pieces, at, done)
    })
    patch('ftruncateSync', (fd: number): void => {
      this.events.push({ kind: 'truncate', file: this.#fileOf(fd) })
      real.ftruncateSync(fd)
    })
    for (const name of ['fsync', 'fdatasync'] as const) {
      patch(name, (fd: number, done: (error: Error | null) => void): void => {
        const [file, covers] = [this.#fileOf(fd), this.events.length]
        real[name](fd, (error) => {
          if (!error) this.events.push({ kind: 'sync', file, covers })
          done(error)
        })
      })
    }
    patch('fsyncSync', (fd: number): void => {
      const [file, covers] = [this.#fileOf(fd), this.events.length]
      real.fsyncSync(fd)
      this.events.push({ kind: 'sync', file, covers })
    })
    patch('renameSync', (from: string, path: string): void => {
      const { ino } = real.lstatSync(from)
      real.renameSync(from, path)
      this.events.push({ kind: 'rename', file: this.#files.get(ino) ?? `old${ino}`, from, path })
    })
    patch('unlinkSync', (path: string): void => {
      real.unlinkSync(path)
      this.events.push({ kind: 'unlink', path })
    })
    syncBuiltinESMExports()
  }

  stop(): void {
    for (const [name, call] of this.#patched) (fs as unknown as Record<string, unknown>)[name] = call
    syncBuiltinESMExports()
  }

  /** A folder's own file: a sync of it covers the names in it. */
  folder(path: string): string {
    const known = this.#folders.get(path)
    if (known !== undefined) return known
    const { ino } = this.#real.statSync(path)
    const file = this.#files.get(ino) ?? `old${ino}`
    this.#folders.set(path, file)
    return file
  }

  /** The disk as a loss of power just after the first `count` events may leave it. */
  diskAfter(count: number, luck: Luck): Disk {
    const past = this.events.slice(0, count)
    const synced = new Map<string, number>()
    for (const event of past) if (event.kind === 'sync') synced.set(event.file, Math.max(synced.get(event.file) ?? 0, event.covers))
    const isSynced = (file: string, index: number): boolean => luck === 'all' || index < (synced.get(file) ?? 0)
    const names = new Map<string, string>()
    const contents = new Map<string, Buffer>()
    for (const [index, event] of past.entries()) {
      if (event.kind === 'write') {
        const isWhole = isSynced(event.file, index)
        if (isWhole || luck === 'torn') contents.set(event.file, written(contents.get(event.file), event.at, event.data, isWhole))
      } else if (event.kind === 'truncate') {
        if (isSynced(event.file, index)) contents.set(event.file, Buffer.alloc(0))
      } else if (event.kind === 'unlink') {
        if (isSynced(this.folder(dirname(event.path)), index)) names.delete(event.path)
      } else if (event.kind === 'create' || event.kind === 'rename') {
        // ext4, xfs and btrfs: the fsync of a file covers its name (docs/internals.md)
        if (!isSynced(event.file, index) && !isSynced(this.folder(dirname(event.path)), index)) continue
        if (event.kind === 'rename') names.delete(event.from)
        names.set(event.path, event.file)
      }
    }
    return new Map([...names].map(([path, file]) => [path, contents.get(file) ?? Buffer.alloc(0)]))
  }
}

/** Content with these bytes written into it; or, if they were not synced, only those of every second page. */
const written = (old: Buffer | undefined, at: number, data: Buffer, isWhole: boolean): Buffer => {
  const end = at + data.length
  const content = old !== undefined && old.length >= end ? old : Buffer.concat([old ?? Buffer.alloc(0), Buffer.alloc(end - (old?.length ?? 0))])
  if (isWhole) data.copy(content, at)
  else for (let page = 0; page * PAGE < data.length; page += 2) data.copy(content, at + page * PAGE, page * PAGE, (page + 1) * PAGE)
  return content
}
