import { reason } from '../core/failure.ts'
import { CHANNELS } from '../queue/paths.ts'
import { rereadNotices } from './bounce/reread.ts'
import { readTunable, rereadRouting } from './settings.ts'
import type { State } from './state.ts'

const rereadScheduling = (state: State): void => {
  const { settings, spawners, log } = state
  try {
    const read = readTunable(settings.home, settings.spawnLimit)
    settings.tunable = settings.isResident ? read : { ...read, concurrency: settings.tunable.concurrency }
  } catch (error) {
    log.line(`alert: ${reason(error)}`)
    return
  }
  tune(state)
  spawners.remote.turns.wakeAll()
}

/** Has the settings of scheduling take effect. */
export const tune = ({ settings, spawners, destinations }: State): void => {
  const { tunable, notices, lifetimeSeconds } = settings
  for (const channel of CHANNELS) spawners[channel].limit = tunable.concurrency[channel]
  destinations.lines = tunable.destinations
  const { byDestination } = spawners.remote.waiting
  byDestination.ages = [...notices.delays, lifetimeSeconds + 1].sort((a, b) => a - b)
  byDestination.touchAll()
}

/**
 * SIGHUP: reads locals and virtualdomains again (spec queue.md 5.12), and the settings of scheduling; in the first gear not the concurrencies, for that is qmail's own to the letter (spec queue.md 8).
 * What cannot be read stays as it was.
 */
export const reread = (state: State): void => {
  const routing = rereadRouting(state.settings)
  if ('unreadable' in routing) state.log.line(`alert: unable to reread control/${routing.unreadable}`)
  else state.settings.routing = routing
  rereadNotices(state)
  rereadScheduling(state)
}
