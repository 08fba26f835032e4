import { Exit } from '../core/exit.ts'
import { serveRequests } from '../spawn/wire.ts'
import { answerTo } from './getpw.ts'
import { Homes, MAX_HOMES } from './homes.ts'
import { UserTable } from './passwd.ts'

/** qmail-getpw's second gear: answers look-ups until there are no more. Only /etc/passwd is kept in memory, for as long as it is the same file. */
export const serveLookUps = async (home: string): Promise<number> => {
  process.env.UV_THREADPOOL_SIZE = String(MAX_HOMES + 4) // before the first thread is needed
  const [users, homes] = [new UserTable(), new Homes()]
  await serveRequests(false, async ([local = '']) => {
    const { code, fields } = await answerTo(home, local, users, homes)
    return [code, fields]
  })
  return Exit.ok
}
