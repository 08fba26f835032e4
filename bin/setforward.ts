/**
 * NAME     setforward CDB TMP: makes fastforward's table of instructions
 * RUNS AS  anyone
 * FDS      0< instructions, 2> why not
 * ENV      none
 * EXIT     0 made; 100 usage, or wrong instructions; 111 trouble: the old table stays
 * FILES    CDB, and TMP on the same file system; their mode is 0644 less the umask
 *
 * Instructions: target: command, command, ...; with \ before a byte that has a meaning, and # for comments. Commands: an address (or
 * &address), ?owner, a binary list by a name with . or / first, |shell command, !shell command that gets From_, Return-Path and Delivered-To.
 */
import { forwardRecords } from '../src/aliases/set-forward.ts'
import { Exit } from '../src/core/exit.ts'
import { Usage } from '../src/core/failure.ts'
import { readAll } from '../src/core/fdio.ts'
import { run } from '../src/core/run.ts'
import { cdbBytes } from '../src/format/cdb.ts'
import { replaceTable } from '../src/os/table-file.ts'

run('setforward', ({ args: [cdb, temporary] }) => {
  if (cdb === undefined || temporary === undefined) throw new Usage('setforward: usage: setforward data.cdb data.tmp')
  replaceTable(cdb, temporary, cdbBytes(forwardRecords(readAll(0).toString('latin1'))))
  return Exit.ok
})
