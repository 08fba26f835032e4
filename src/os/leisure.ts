/** So often a process looks whether it has nothing to do. */
const LOOK_MILLISECONDS = 5000
/**
 * It is at leisure after so many looks in a row with nothing to do: a minute. V8 throws compiled code away with the garbage, and bursts that come every few seconds
 * cost up to twice as much then (measured with looks of 5 s: qmail-smtpd 0.75 ms a message, where 0.40 are needed).
 */
const LOOKS = 12
/** It has nothing to do when it has used less than this since it looked last. */
const IDLE_CPU_MILLISECONDS = 20

/** V8 gives its pages back then; 20 ms, and 2 for each MB in use. */
const TO_THE_BOTTOM = { type: 'major', flavor: 'last-resort' }

/** V8's collector. It is not there unless asked for; not by a flag, for which the first line of an installed program may have no room. */
const collect = (): void => {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8') // loaded when there is leisure, not at the start
  setFlagsFromString('--expose-gc')
  const gc = process.getBuiltinModule('node:vm').runInNewContext('gc') as (how: object) => void
  setFlagsFromString('--no-expose-gc')
  gc(TO_THE_BOTTOM)
}

const usedMilliseconds = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/**
 * For a process that stays: when it has had nothing to do for a while after work, it collects its garbage once, so that the memory of the busiest hour is not kept
 * for the whole day (V8 would wait for more work to collect). It looks every so many milliseconds. Costs nothing while there is work, and a moment of the first quiet minute.
 */
export const collectAtLeisure = (milliseconds = LOOK_MILLISECONDS): void => {
  let used = usedMilliseconds()
  let hasWorked = true // at its start
  let quiet = 0
  const look = (): void => {
    const isIdle = usedMilliseconds() - used < IDLE_CPU_MILLISECONDS
    quiet = isIdle ? quiet + 1 : 0
    if (!isIdle) hasWorked = true
    else if (hasWorked && quiet >= LOOKS) {
      hasWorked = false
      collect()
    }
    used = usedMilliseconds()
  }
  setInterval(look, milliseconds).unref()
}
