import type { ChildProcess } from 'node:child_process'
import { type Bytes, toBuffer } from '../core/bytes.ts'
import { type Ids, startChild } from './child.ts'

/** A round that takes longer has met somebody else's writing: syncfs waits for all of the file system. */
export const SLOW_MILLISECONDS = 1000
/** After a round that failed or was slow, files are synced one by one for so long. */
export const DISTRUST_MILLISECONDS = 30_000
const PROGRAM = 'while IFS= read -r file; do if sync -f -- "$file" 2>/dev/null; then echo y; else echo n; fi; done'

/**
 * syncfs, which Node has not: `sync -f` of coreutils, run by a shell that is kept. It makes durable all that was written to a file system
 * before it began, contents and names.
 */
export class SyncHelper {
  #child: ChildProcess | undefined
  #answer: ((isDone: boolean) => void) | undefined
  #isBusy = false
  #distrustUntil = 0
  readonly #ids: Ids | undefined

  /** `ids`: whom the shell runs as; undefined: as we do. */
  constructor(ids?: Ids) {
    this.#ids = ids
  }

  /** May a round be tried? */
  get isUsable(): boolean {
    return !this.#isBusy && Date.now() >= this.#distrustUntil
  }

  /** Makes the file system of this folder durable. False: it failed or took too long, and nothing is known. Never rejects. */
  async sync(folder: Bytes): Promise<boolean> {
    if (folder.includes('\n')) return false
    const isDone = await this.#ask(folder)
    if (!isDone) this.#distrustUntil = Date.now() + DISTRUST_MILLISECONDS
    return isDone
  }

  #ask(folder: Bytes): Promise<boolean> {
    this.#isBusy = true
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), SLOW_MILLISECONDS)
      this.#answer = (isDone) => {
        clearTimeout(timer)
        this.#isBusy = false
        resolve(isDone)
      }
      this.#start().stdin?.write(toBuffer(`${folder}\n`))
    })
  }

  /** The shell ends. */
  end(): void {
    this.#child?.stdin?.end()
  }

  #start(): ChildProcess {
    if (this.#child !== undefined) return this.#child
    const child = startChild('/bin/sh', ['-c', PROGRAM], { stdio: ['pipe', 'pipe', 'ignore'], env: { PATH: '/usr/bin:/bin' }, cwd: '/', ids: this.#ids })
    const lose = (): void => {
      if (this.#child === child) this.#child = undefined
      this.#answer?.(false)
    }
    child.on('error', lose).on('exit', lose)
    child.stdin?.on('error', () => {}) // 'exit' follows
    child.stdout?.on('data', (chunk: Buffer) => this.#answer?.(chunk.toString('latin1').startsWith('y')))
    // it is no reason to stay; whoever waits for an answer has a timer
    for (const part of [child, child.stdin, child.stdout]) (part as { unref?: () => void } | null)?.unref?.()
    this.#child = child
    return child
  }
}
