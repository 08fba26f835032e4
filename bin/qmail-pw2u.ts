/**
 * NAME     qmail-pw2u [-/ohHuUC] [-c CHAR]: makes users/assign of a passwd file
 * RUNS AS  root
 * FDS      0< the passwd file, 1> the assign file, 2> why not
 * ENV      none
 * EXIT     0 success, 100 usage, 111 trouble: then nothing is printed
 * FILES    users/include, users/exclude, users/mailnames, users/subusers, users/append
 *
 *   -o  skip accounts whose home is missing or not theirs (the default)   -h  a missing home is fatal   -H  do not look at homes
 *   -u  allow upper case in names    -U  skip such names (the default)
 *   -c CHAR  between name and extension, instead of -    -C  no extensions    -/  dash is -/: instructions lie in folders
 */
import { assignText, type Pw2uOptions, readPw2uFiles } from '../src/admin/pw2u.ts'
import { toBuffer } from '../src/core/bytes.ts'
import { Exit } from '../src/core/exit.ts'
import { readAll, writeFd } from '../src/core/fdio.ts'
import { getopt } from '../src/core/getopt.ts'
import { run } from '../src/core/run.ts'

const USAGE = 'qmail-pw2u: usage: qmail-pw2u [ -/ohHuUC ] [ -c char ]'

run('qmail-pw2u', ({ args, home }) => {
  const options: Pw2uOptions = { homes: 'skip', upperCase: false, breakCharacter: '-', dash: '-' }
  for (const { letter, value } of getopt('qmail-pw2u', '/ohHuUCc:', USAGE, args).options) {
    if (letter === '/') options.dash = '-/'
    else if (letter === 'c' || letter === 'C') options.breakCharacter = value.slice(0, 1) || undefined
    else if (letter === 'u' || letter === 'U') options.upperCase = letter === 'u'
    else options.homes = letter === 'o' ? 'skip' : letter === 'h' ? 'demand' : 'ignore'
  }
  process.chdir(`${home}/users`)
  writeFd(1, toBuffer(assignText(readAll(0).toString('latin1'), options, readPw2uFiles())))
  return Exit.ok
})
