import { chmodSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Setting } from '../src/control/settings/setting.ts'
import { type SettingName, settings } from '../src/control/table.ts'
import { filled } from './templates.ts'

/**
 * Writes what a fresh installation has in control/ by the table of settings, each file with its explanation, and returns their names. Where control/ holds anything
 * already, nothing is written: an upgrade changes no behaviour (spec modern.md, rule 1). control/ must be there. Throws system errors.
 */
export const layFresh = (home: string): SettingName[] => {
  const control = join(home, 'control')
  if (readdirSync(control).length > 0) return []
  return (Object.entries(settings) as [SettingName, Setting][]).flatMap(([name, { fresh }]) => {
    if (fresh === undefined) return []
    const file = join(control, name)
    writeFileSync(file, filled(name, fresh), { encoding: 'latin1', flag: 'wx' })
    chmodSync(file, 0o644)
    return [name]
  })
}
