import { CHANNELS } from '../../queue/paths.ts'
import { BounceRate } from '../bounce/rate.ts'
import { nowSeconds, type State } from '../state.ts'

/** Who was born in what is the future now, is born now. */
const rejuvenate = (messages: Iterable<{ birth: number }>, now: number): void => {
  for (const message of messages) message.birth = Math.min(message.birth, now)
}

/** All that waits for a time waits as long as it would have waited; otherwise mail would rest until the clock is where it was. */
const setBack = (state: State, seconds: number): void => {
  const { spawners, done, unseen, ctl, destinations, lane, arrivals } = state
  for (const channel of CHANNELS) {
    const { waiting, turns } = spawners[channel]
    waiting.postpone(-seconds)
    turns.wakeAll()
    rejuvenate(spawners[channel].arrivals, nowSeconds())
  }
  done.postpone(-seconds)
  unseen.postpone(-seconds)
  ctl.holds.postpone(-seconds)
  destinations.forget()
  for (const channel of CHANNELS) spawners[channel].waiting.byDestination.touchAll()
  state.bounceRate = new BounceRate()
  rejuvenate(lane.messages(), nowSeconds())
  rejuvenate(arrivals.messages(), nowSeconds())
}

/** The time of day was set, by so many seconds: it is said. What is due by a clock that went forward is due. */
export const clockSet = (state: State, seconds: number): void => {
  const how = seconds > 0 ? `went forward by ${seconds}` : `was set back by ${-seconds}`
  state.log.line(`warning: the clock ${how} seconds`)
  if (seconds < 0) setBack(state, -seconds)
}
