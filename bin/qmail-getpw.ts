/**
 * NAME     qmail-getpw local: finds the user a local part belongs to
 * RUNS AS  qmailp:nofiles, under qmail-lspawn
 * FDS      1> user NUL uid NUL gid NUL homedir NUL dash NUL ext NUL; resident: 0< requests, 1> answers
 * ENV      none
 * EXIT     0 found, 100 no argument, 115 trouble with a home, 116 no alias user, 118 trouble with the user data base
 * FILES    /etc/passwd, and what /etc/nsswitch.conf names (through getent); lib/ids for the alias user of a private installation
 *
 * The second gear (kept by qmail-lspawn) answers many questions: src/spawn/wire.ts.
 */
import { Exit } from '../src/core/exit.ts'
import { writeFd } from '../src/core/fdio.ts'
import { type Context, run } from '../src/core/run.ts'
import { answerTo } from '../src/getpw/getpw.ts'
import { Homes } from '../src/getpw/homes.ts'
import { UserTable } from '../src/getpw/passwd.ts'

const FD = { out: 1 } as const

const once = async ({ args, home }: Context): Promise<number> => {
  const [local] = args
  if (local === undefined) return Exit.permanent
  const { code, fields } = await answerTo(home, local, new UserTable(), new Homes())
  writeFd(FD.out, fields)
  return code
}

run('qmail-getpw', async (context) => {
  if (!context.resident) return once(context)
  const { serveLookUps } = await import('../src/getpw/resident.ts')
  return serveLookUps(context.home)
})
