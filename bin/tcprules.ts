/**
 * NAME     tcprules rules.cdb rules.tmp: compiles rules for tcpserver (spec network.md 2.2, 2.7)
 * RUNS AS  whoever owns the rules
 * FDS      0< rules, 2> why not
 * ENV      none
 * EXIT     0 the cdb is the new one; 100 usage, or a line that is no rule; 111 trouble: it is the old one still
 * FILES    its two arguments
 *
 * A line is ADDRESS:allow or ADDRESS:deny, then any number of ,NAME="value" (any byte may quote). ADDRESS: 1.2.3.4, 10. (a prefix), 10.1-3. (a
 * range), 10.0.0.0/8 or 2001:db8::/32 (a network), 2001:db8::1, =host.name, =.domain, = (any host with a name), INFO@ before an address or =host, or
 * nothing, which is everybody. tcpserver takes the first it finds: INFO@, address, host, longer prefixes, smaller networks, longer domains.
 */

import { Exit } from '../src/core/exit.ts'
import { Usage } from '../src/core/failure.ts'
import { readAll } from '../src/core/fdio.ts'
import { run } from '../src/core/run.ts'
import { cdbBytes } from '../src/format/cdb.ts'
import { replaceTable, step } from '../src/os/table-file.ts'
import { ruleRecords } from '../src/ucspi/rules-text.ts'

run('tcprules', ({ args: [cdb, temporary] }) => {
  if (cdb === undefined || temporary === undefined) throw new Usage('tcprules: usage: tcprules rules.cdb rules.tmp')
  replaceTable(cdb, temporary, () => cdbBytes(ruleRecords(step('unable to read input', () => readAll(0)).toString('latin1'))))
  return Exit.ok
})
