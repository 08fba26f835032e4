/**
 * Lays a mini-qmail: `install-mini.ts PREFIX`, an installation without a queue, users or daemons, whose qmail-queue is qmail-qmqpc: it hands each message to
 * a server of control/qmqpservers. Safe to repeat; what control holds stays. Nothing of it needs root but the place where it is to be.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { markerOf } from '../src/os/own.ts'
import { MINI_FOLDERS, miniPrograms } from '../src/suite/mini.ts'
import { programs } from '../src/suite/programs.ts'
import { bunFile } from './bun.ts'
import { layManPages, layProgram, layRuntimes, layTexts, replaceFile, shebang } from './install.ts'
import { homeOf, tool } from './tool.ts'

const top = join(import.meta.dirname, '..')

/** qmail-qmqpc under the name that everything else calls; its second line says what it is, so nobody takes it for the suite's own qmail-queue. */
const layQueueProgram = (home: string): void => {
  const bundle = readFileSync(join(top, 'build', 'bin', 'qmail-qmqpc.js'), 'utf8')
  const first = shebang(home, 'qmail-queue', programs['qmail-qmqpc'], false)
  replaceFile(join(home, 'bin', 'qmail-queue'), (temporary) => {
    writeFileSync(temporary, `${first}\n${markerOf('qmail-qmqpc')}\n${bundle}`)
    chmodSync(temporary, 0o755)
  })
}

/** Installs into `prefix`. build/ must be there. Throws Error with a line for people. */
export const installMini = (prefix: string): void => {
  const home = homeOf(prefix)
  for (const folder of MINI_FOLDERS) {
    mkdirSync(join(home, folder), { recursive: true })
    chmodSync(join(home, folder), 0o755)
  }
  if (existsSync(join(home, 'queue'))) throw new Error(`${home} has a queue: a mini installation would leave what is in it`)
  const isWithBun = existsSync(bunFile)
  writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "commonjs" }\n')
  layRuntimes(home, isWithBun)
  for (const name of miniPrograms) {
    layProgram(home, name, programs[name], isWithBun)
    chmodSync(join(home, 'bin', name), 0o755)
  }
  layQueueProgram(home)
  layTexts(home)
  layManPages(home)
}

if (process.argv[1] === import.meta.filename) {
  tool('install-mini', () => {
    const prefix = process.argv[2]
    if (prefix === undefined) throw new Error('usage: install-mini.ts PREFIX')
    installMini(prefix)
    process.stdout.write(`name your servers in ${join(prefix, 'control', 'qmqpservers')}, and this host in ${join(prefix, 'control', 'me')}\n`)
  })
}
