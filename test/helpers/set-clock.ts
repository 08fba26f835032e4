import { readFileSync, writeFileSync } from 'node:fs'
import type { Home } from './home.ts'
import type { SendRig } from './send-rig.ts'
import { until } from './wait.ts'

/** Sets the clock of a running qmail-send so many seconds from the machine's, and waits for words in its log. */
export type SetClock = (rig: SendRig, seconds: number, words: RegExp) => Promise<RegExpExecArray>

/** Has the home's qmail-send take the time of day, from SIGUSR2 on, from a file that says how many seconds the machine's is off. To be called before it is started. */
export const withClock = (home: Home): SetClock => {
  const [program, file] = [home.at('bin/qmail-send'), home.at('clock')]
  const [first, marker, ...bundle] = readFileSync(program, 'latin1').split('\n')
  const shim = `{
    const real = Date.now
    let seconds = 0
    Date.now = () => real() + 1000 * seconds
    process.on('SIGUSR2', () => { seconds = Number(require('fs').readFileSync(${JSON.stringify(file)}, 'latin1')) })
  }`
  writeFileSync(program, Buffer.from([first, marker, shim, ...bundle].join('\n'), 'latin1'))
  return (rig, seconds, words) => {
    writeFileSync(file, String(seconds))
    rig.kill('SIGUSR2')
    return until(
      () => `${words} in the log:\n${rig.log}`,
      () => {
        rig.pull() // it looks at the clock when it does something
        return words.exec(rig.log) ?? undefined
      }
    )
  }
}
