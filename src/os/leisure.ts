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

const usedMilliseconds = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/**
 * For a process that stays: when it has had nothing to do for a while after work, it collects its garbage once, so that the memory of the busiest hour is not kept for the whole
 * day (V8 would wait for more work to collect). It looks every so many milliseconds. Costs nothing while there is work, and a moment of the first quiet minute.
 * Where the program was started without --expose-gc (src/suite/permissions.ts), nothing.
 */
export const collectAtLeisure = (milliseconds = LOOK_MILLISECONDS): void => {
  let used = usedMilliseconds()
  let hasWorked = true // at its start
  let quiet = 0
  const { gc: collect } = globalThis as { gc?: (how?: object) => void }
  if (collect === undefined) return
  const look = (): void => {
    const isIdle = usedMilliseconds() - used < IDLE_CPU_MILLISECONDS
    quiet = isIdle ? quiet + 1 : 0
    if (!isIdle) hasWorked = true
    else if (hasWorked && quiet >= LOOKS) {
      hasWorked = false
      collect(TO_THE_BOTTOM)
    }
    used = usedMilliseconds()
  }
  setInterval(look, milliseconds).unref()
}
