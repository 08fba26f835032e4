/**
 * NAME     newaliases: makes fastforward's table of /etc/aliases
 * RUNS AS  root: who may write /etc
 * FDS      2> what was made, or why not and in which line
 * ENV      none
 * EXIT     0 made; 100 an address is too long; 111 trouble, or a line that cannot be read: the old table stays
 * FILES    /etc/aliases, /etc/aliases.tmp, /etc/aliases.cdb of mode 0644; control/ me defaulthost defaultdomain plusdomain
 *          sendmailaliases: read as sendmail reads it
 */
import { readAliases } from '../src/aliases/alias-file.ts'
import { readDomains } from '../src/aliases/qualify.ts'
import { readSendmailAliases } from '../src/aliases/sendmail-aliases.ts'
import { readSetting } from '../src/control/read.ts'
import { Exit } from '../src/core/exit.ts'
import { logLine } from '../src/core/logline.ts'
import { run } from '../src/core/run.ts'
import { cdbBytes } from '../src/format/cdb.ts'
import { readSource, replaceTable } from '../src/os/table-file.ts'

const ALIASES = '/etc/aliases'

run('newaliases', ({ home }) => {
  process.umask(0o033)
  const [text, domains] = [readSource(ALIASES), readDomains(home)]
  const asSendmail = readSetting(home, 'sendmailaliases') === 1
  const { records, count, longestBytes, totalBytes } = asSendmail ? readSendmailAliases(home, ALIASES, text, domains) : readAliases(ALIASES, text, domains)
  replaceTable(`${ALIASES}.cdb`, `${ALIASES}.tmp`, cdbBytes(records))
  logLine(2, `${ALIASES}: ${count} aliases, longest ${longestBytes} bytes, ${totalBytes} bytes total`)
  return Exit.ok
})
