import { existsSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Exit } from '../core/exit.ts'
import { explain, reason, Temporary, Usage } from '../core/failure.ts'
import { writeFd } from '../core/fdio.ts'
import type { Context } from '../core/run.ts'
import { flock } from '../locks/flock.ts'
import { holdForLife } from '../locks/lock.ts'
import { replay } from '../log/replay.ts'
import { runChild } from '../os/child.ts'
import { syncFolder } from '../os/durable.ts'
import { isOwn } from '../os/own.ts'
import { queueFolder, SPLIT } from '../queue/paths.ts'
import { otherSplitText, SPLIT_FOLDERS } from '../queue/split.ts'
import { Accounts } from './accounts.ts'
import { contentProblems, orphanProblems, ownerProblems } from './contents.ts'
import { FOLDERS, type Inventory, inventory, otherFolders } from './inventory.ts'
import { movingProblems, numberProblems, placeProblems } from './numbers.ts'
import type { Problem } from './problem.ts'
import { treeProblems } from './tree.ts'

const USAGE = 'queue-repair: usage: queue-repair [--repair] [--spill]'
/** What is wrong is still wrong. */
const EXIT_PROBLEMS = 1

/** Only while qmail-send does not work in the queue. Where the lock's file is missing it does not, for it needs that. Throws Temporary. */
const lockOutSend = (): void => {
  if (existsSync('lock/sendmutex') && !holdForLife('lock/sendmutex')) throw new Temporary('qmail-send is running: stop it first')
}

/** The same for qmail-queued, which keeps the commit log and writes new messages. Throws Temporary. */
const lockOutQueued = (): void => {
  if (existsSync('pid') && flock(openSync('pid', 'r'), 0) === 'busy') throw new Temporary('qmail-queued is running: stop it first')
}

/** Tells problems, and mends what can be mended if that is asked for. */
class Report {
  readonly #isRepair: boolean
  problems = 0
  mended = 0
  #failed = 0

  constructor(isRepair: boolean) {
    this.#isRepair = isRepair
  }

  /** Is all mended of what this has been told of so far, and could be? */
  get isSound(): boolean {
    return this.#failed === 0
  }

  take(problems: Iterable<Problem>): void {
    for (const { path, what, mend } of problems) {
      this.problems++
      writeFd(1, `${path}: ${what}${this.#isRepair && mend ? this.#mend(mend) : ''}\n`)
    }
  }

  #mend(mend: () => void): string {
    try {
      mend()
      this.mended++
      return ': mended'
    } catch (error) {
      this.#failed++
      return `: unable to mend that: ${error instanceof Error && !('code' in error) ? error.message : explain(error)}`
    }
  }
}

/** What is in the commit log only. */
const inLog = (): Problem[] => {
  try {
    const names = existsSync('log') ? readdirSync('log').filter((name) => /^[0-9]$/.test(name)) : []
    const { undone, damage } = replay(new Map(names.map((name) => [name, readFileSync(`log/${name}`)])))
    const waiting =
      undone.length === 0
        ? []
        : [{ path: 'queue/log', what: `${undone.length} messages of the commit log are not in files: --spill, or the next start, sees to that` }]
    return [...waiting, ...damage.map((what) => ({ path: 'queue/log', what }))]
  } catch (error) {
    return [{ path: 'queue/log', what: `cannot be read: ${reason(error)}` }]
  }
}

const syncAll = (): void => {
  for (const folder of FOLDERS) if (existsSync(folder)) syncFolder(folder)
  for (const folder of SPLIT_FOLDERS) for (let n = 0; n < SPLIT; n++) if (existsSync(`${folder}/${n}`)) syncFolder(`${folder}/${n}`)
}

/** From the folders inwards; after each step what is there is looked at anew. */
const goThrough = (home: string, isRepair: boolean): Report => {
  const accounts = new Accounts(home)
  const report = new Report(isRepair)
  const split = otherSplitText('.')
  if (split !== undefined) writeFd(1, `${split}\n`)
  const known = isRepair ? undefined : inventory()
  const look = (): Inventory => known ?? inventory()
  report.take(treeProblems(home))
  report.take(numberProblems(look().files, accounts))
  report.take(movingProblems(look().files, accounts))
  report.take(placeProblems(look().files, accounts))
  report.take(otherFolders())
  const { files, strays } = look()
  // a file that could not be moved would look like one whose message is gone
  if (report.isSound && !files.some(({ isMoving }) => isMoving)) report.take(orphanProblems(files, accounts))
  const left = look().files
  report.take(ownerProblems(left, accounts))
  report.take(contentProblems(left))
  report.take(strays)
  report.take(inLog())
  if (isRepair) syncAll()
  return report
}

/** qmail-queued has the log's own way into the queue. Throws Temporary when not all of it got there. */
const spill = ({ home, env }: Pick<Context, 'home' | 'env'>): void => {
  const file = join(home, 'bin', 'qmail-queued')
  if (!isOwn(file, 'qmail-queued')) throw new Temporary(`${file} is not the suite's own: it knows nothing of the commit log`)
  const { code, error } = runChild(file, ['--once'], { stdio: ['ignore', 2, 2], env })
  if (error) throw new Temporary(`unable to run qmail-queued: ${reason(error)}`)
  if (code !== 0) throw new Temporary('some messages are still in the commit log, or in drop')
}

/** queue-repair (man/queue-repair.8.md). Gives back the exit code; throws Usage, Temporary. */
export const repair = (context: Pick<Context, 'home' | 'args' | 'env'>): number => {
  const { home, args } = context
  const wrong = args.find((word) => word !== '--repair' && word !== '--spill')
  if (wrong !== undefined) throw new Usage(`queue-repair: no such option: ${wrong}\n${USAGE}`)
  const [isRepair, isSpill] = [args.includes('--repair'), args.includes('--spill')]
  process.umask(0)
  try {
    process.chdir(queueFolder(home))
  } catch (error) {
    throw new Temporary(`unable to enter queue: ${reason(error)}`, { cause: error })
  }
  lockOutSend()
  if (isSpill) spill(context)
  if (isSpill && !isRepair) return Exit.ok
  lockOutQueued()
  return tell(goThrough(home, isRepair), isRepair)
}

const tell = ({ problems, mended }: Report, isRepair: boolean): number => {
  if (problems > 0) writeFd(2, `queue-repair: ${problems} problems${isRepair ? `, ${mended} mended` : '; --repair mends what can be mended'}\n`)
  return problems === mended ? Exit.ok : EXIT_PROBLEMS
}
