import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { cdbBytes } from '../format/cdb.ts'
import { readSource, replaceTable } from '../os/table-file.ts'

const UMASK = 0o033

/**
 * Makes control/NAME.cdb from control/NAME, by the records its text comes to. Returns the exit code; throws Temporary, and what `recordsOf` throws: then the old table
 * stays.
 */
export const makeControlTable = (home: string, name: string, recordsOf: (text: Bytes) => Parameters<typeof cdbBytes>[0]): number => {
  process.umask(UMASK)
  process.chdir(home)
  replaceTable(`control/${name}.cdb`, `control/${name}.tmp`, cdbBytes(recordsOf(readSource(`control/${name}`))))
  return Exit.ok
}
