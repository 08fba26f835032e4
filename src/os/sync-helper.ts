import type { ChildProcess } from 'node:child_process'
import { type Bytes, toBuffer } from '../core/bytes.ts'
import { type Ids, startChild } from './child.ts'

/** A round that takes longer has met somebody else's writing: syncfs waits for all of the file system. */
export const SLOW_MILLISECONDS = 1000
/** After a round that failed or was slow, none is asked for so long. */
const DISTRUST_MILLISECONDS = 30_000
/** Rounds begin at least so far apart: the more share one the better. */
const ROUND_MILLISECONDS = 50
/** But when nothing has been on its way for so long, nobody more is going to share it. */
const CALM_MILLISECONDS = 4
/** A helper that has had nothing to do for so long ends, with the memory it holds. */
const LEISURE_MILLISECONDS = 30_000
/** The number of syncfs(2), by processor (Node's names). */
const SYSCALL: Readonly<Record<string, number>> = { x64: 306, arm64: 267 }
const IN_PERL = '$| = 1; while (<STDIN>) { chomp; my $f; print sysopen($f, $_, 0) && syscall($ARGV[0], fileno $f) == 0 ? "y\\n" : "n\\n" }'
const IN_SHELL = 'while IFS= read -r file; do if sync -f -- "$file" 2>/dev/null; then echo y; else echo n; fi; done'

/**
 * What the helper's shell runs: it reads the path of a folder in each line, and answers `y` or `n`. Perl, which Debian is never without, calls syncfs itself;
 * without it, and on other processors, it is `sync -f` of coreutils, a process for each round, whose start takes longer than the round.
 */
export const roundsProgram = (processor: string = process.arch): string => {
  const number = SYSCALL[processor]
  return number === undefined ? IN_SHELL : `test -x /usr/bin/perl && exec /usr/bin/perl -e '${IN_PERL}' ${number}; ${IN_SHELL}`
}

/** Somebody who is asked for rounds of syncfs, one at a time; and not for a while after one that failed, or took too long. */
export class RoundAsker {
  #answer: (isDone: boolean) => void = () => {}
  #isBusy = false
  #distrustUntil = 0

  /** May a round be asked for? */
  get isUsable(): boolean {
    return !this.#isBusy && Date.now() >= this.#distrustUntil
  }

  /** Asks by `say`, and resolves with the answer; false after so many milliseconds. Never rejects. */
  async ask(say: () => void, patienceMilliseconds: number): Promise<boolean> {
    this.#isBusy = true
    const isDone = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), patienceMilliseconds)
      this.#answer = (answer) => {
        clearTimeout(timer)
        resolve(answer)
      }
      say()
    })
    if (!isDone) this.#distrustUntil = Math.max(this.#distrustUntil, Date.now() + DISTRUST_MILLISECONDS)
    return isDone
  }

  /** The answer has come, be it too late: another may be asked for. */
  answer(isDone: boolean): void {
    this.#isBusy = false
    this.#answer(isDone)
  }

  /** None is asked for any more, and none waited for. */
  close(): void {
    this.#distrustUntil = Number.POSITIVE_INFINITY
    this.answer(false)
  }
}

/** syncfs, which Node has not: a helper that is kept. It makes durable all that was written to a file system before it began, contents and names. */
export class SyncHelper {
  readonly #ids: Ids | undefined
  readonly #program: string
  readonly #leisureMilliseconds: number
  readonly #asker = new RoundAsker()
  #child: ChildProcess | undefined
  #leisure: NodeJS.Timeout | undefined
  #last = 0

  /** `ids`: whom the helper runs as; undefined: as we do. `program`: what its shell runs. `leisureMilliseconds`: after so long without a round it ends; the next starts another. */
  constructor(ids?: Ids, program = roundsProgram(), leisureMilliseconds = LEISURE_MILLISECONDS) {
    this.#ids = ids
    this.#program = program
    this.#leisureMilliseconds = leisureMilliseconds
  }

  /** May a round be tried? */
  get isUsable(): boolean {
    return this.#asker.isUsable
  }

  /** Resolves when it is time for another round. Who has something to be made durable by then has a part in it. `isCalm`: nobody is going to have more soon. */
  async ready(isCalm: () => boolean = () => false): Promise<void> {
    const end = this.#last + ROUND_MILLISECONDS
    let wasCalm = false
    for (let rest = end - performance.now(); rest > 0; rest = end - performance.now()) {
      const nowCalm = isCalm()
      if (nowCalm && wasCalm) break
      wasCalm = nowCalm
      await new Promise((resolve) => setTimeout(resolve, Math.min(rest, CALM_MILLISECONDS)))
    }
    this.#last = performance.now()
  }

  /** Makes the file system of this folder durable. False: it failed or took too long, and nothing is known. Never rejects. */
  async sync(folder: Bytes): Promise<boolean> {
    if (folder.includes('\n')) return false
    clearTimeout(this.#leisure)
    return this.#asker.ask(() => this.#start().stdin?.write(toBuffer(`${folder}\n`)), SLOW_MILLISECONDS)
  }

  /** The helper ends. */
  end(): void {
    clearTimeout(this.#leisure)
    this.#child?.stdin?.end()
    this.#child = undefined
  }

  #hear(isDone: boolean): void {
    this.#asker.answer(isDone)
    this.#leisure = setTimeout(() => this.end(), this.#leisureMilliseconds).unref()
  }

  #start(): ChildProcess {
    if (this.#child !== undefined) return this.#child
    const child = startChild('/bin/sh', ['-c', this.#program], { stdio: ['pipe', 'pipe', 'ignore'], env: { PATH: '/usr/bin:/bin' }, cwd: '/', ids: this.#ids })
    const lose = (): void => {
      if (this.#child !== child) return
      this.#child = undefined
      this.#asker.answer(false)
    }
    child.on('error', lose).on('exit', lose)
    child.stdin?.on('error', () => {}) // 'exit' follows
    child.stdout?.on('data', (chunk: Buffer) => this.#hear(chunk.toString('latin1').startsWith('y')))
    // it is no reason to stay; whoever waits for an answer has a timer
    for (const part of [child, child.stdin, child.stdout]) (part as { unref?: () => void } | null)?.unref?.()
    this.#child = child
    return child
  }
}
