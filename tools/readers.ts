import type { Setting } from '../src/control/settings/setting.ts'
import { programs } from '../src/suite/programs.ts'

/** The programs of this version that read a setting: pages name nobody who is not there. */
export const readersOf = (s: Setting): string[] => s.readers.filter((name) => name === 'all' || name in programs)
