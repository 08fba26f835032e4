/** So often a process looks whether it has nothing to do. */
const LOOK_MILLISECONDS = 5000
/** It has nothing to do when it has used less than this since it looked last. */
const IDLE_CPU_MILLISECONDS = 20

/** V8 gives its pages back then; 20 ms, and 2 for each MB in use. */
const TO_THE_BOTTOM = { type: 'major', flavor: 'last-resort' }

const usedMilliseconds = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/**
 * For a process that stays: when it has nothing to do after work, it collects its garbage once, so that the memory of the busiest hour is not kept for the whole
 * day (V8 would wait for more work to collect). It looks every so many milliseconds. Costs nothing while there is work, and a moment of the first quiet one.
 * Where the program was started without --expose-gc (src/suite/permissions.ts), nothing.
 */
export const collectAtLeisure = (milliseconds = LOOK_MILLISECONDS): void => {
  let used = usedMilliseconds()
  let hasWorked = true // at its start
  const { gc: collect } = globalThis as { gc?: (how?: object) => void }
  if (collect === undefined) return
  const look = (): void => {
    const isIdle = usedMilliseconds() - used < IDLE_CPU_MILLISECONDS
    if (!isIdle) hasWorked = true
    else if (hasWorked) {
      hasWorked = false
      collect(TO_THE_BOTTOM)
    }
    used = usedMilliseconds()
  }
  setInterval(look, milliseconds).unref()
}
