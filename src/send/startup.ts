import { readdirSync, statSync } from 'node:fs'
import { HOLD_FOLDER } from '../queue/hold.ts'
import { CHANNELS, SPLIT, splitPath } from '../queue/paths.ts'
import { otherSplitText } from '../queue/split.ts'
import { exists, mtimeSeconds } from './files.ts'
import { AGAIN_SECONDS, nowSeconds, type State } from './state.ts'
import { numberOf } from './todo/scan.ts'
import { LARGE_BYTES } from './waiting.ts'

const SLEEP_MILLISECONDS = 10_000

/** Puts a preprocessed message on the lists it belongs to: its files say which, their times say when (spec queue.md 5.2). */
const admit = (state: State, id: number): void => {
  let path = splitPath('info', id)
  try {
    if (!exists(path)) return
    path = `todo/${id}`
    if (exists(path)) return
    const dues: [(typeof CHANNELS)[number], number][] = []
    for (const channel of CHANNELS) {
      path = splitPath(channel, id)
      const file = statSync(path, { throwIfNoEntry: false })
      if (file === undefined) continue
      dues.push([channel, mtimeSeconds(file)])
      if (file.size > LARGE_BYTES) state.spawners[channel].waiting.markLarge(id)
    }
    for (const [channel, due] of dues) state.spawners[channel].waiting.insert(id, due)
    if (dues.length === 0) state.done.insert(id, nowSeconds())
    else state.ctl.unread.push(id)
  } catch {
    state.log.line(`warning: unable to stat ${path}; will try again later`)
    state.unseen.insert(id, nowSeconds() + AGAIN_SECONDS)
  }
}

/** Looks again at one message that could not be looked at. False when none is due. */
export const unseenStep = (state: State): boolean => {
  const id = state.unseen.takeDue(nowSeconds())
  if (id !== undefined) admit(state, id)
  return id !== undefined
}

/** Reads a folder that must be read, however often it takes. */
const insist = async <T>(state: State, folder: string, read: () => T): Promise<T> => {
  for (;;) {
    try {
      return read()
    } catch {
      state.log.line(`alert: unable to opendir ${folder}, sleeping...`)
      state.log.flush()
      await new Promise((resolve) => setTimeout(resolve, SLEEP_MILLISECONDS))
    }
  }
}

/** Finds every preprocessed message, and first which are held; then what was answered about them before. */
export const admitAll = async (state: State): Promise<void> => {
  const split = otherSplitText('.')
  if (split !== undefined) state.log.line(`alert: ${split}; messages are left alone meanwhile`)
  await insist(state, HOLD_FOLDER, () => state.ctl.holds.load())
  for (let n = 0; n < SPLIT; n++) {
    for (const name of await insist(state, `info/${n}`, () => readdirSync(`info/${n}`))) {
      const id = numberOf(name)
      if (id !== undefined) admit(state, id)
    }
  }
  state.ctl.recall((id, channel) => state.spawners[channel].waiting.dueOf(id) !== undefined)
}
