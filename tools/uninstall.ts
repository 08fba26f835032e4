/** `uninstall.ts PREFIX`: removes what `install.ts` laid and nobody needs without the programs. The queue, drop, control, users, alias and the accounts stay: mail and settings are not ours to remove. */
import { existsSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { programRows } from '../src/suite/programs.ts'
import { pageFiles } from './man/pages.ts'
import { removeSendmail } from './sendmail-links.ts'
import { homeOf, tool } from './tool.ts'

tool('uninstall', () => {
  const [prefix] = process.argv.slice(2)
  if (prefix === undefined) throw new Error('usage: uninstall.ts PREFIX')
  const home = homeOf(prefix)
  if (!statSync(join(home, 'bin'), { throwIfNoEntry: false })) throw new Error(`nothing is installed in ${home}`)
  for (const line of removeSendmail(home)) process.stdout.write(`${line}\n`)
  for (const [name, { links }] of programRows) for (const file of [name, ...(links ?? [])]) rmSync(join(home, 'bin', file), { force: true })
  for (const file of ['lib/node', 'lib/bun', 'lib/digests', 'package.json']) rmSync(join(home, file), { force: true })
  for (const folder of ['run/smtpd', 'run/send', 'run/ctl'].map((name) => join(home, name))) {
    if (!existsSync(folder)) continue
    for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isSocket()) rmSync(join(folder, entry.name), { force: true })
  }
  for (const page of pageFiles()) rmSync(join(home, 'man', page), { force: true })
  // pages and service folders are copies; what an administrator runs stands elsewhere
  for (const folder of ['doc', 'service']) rmSync(join(home, folder), { recursive: true, force: true })
  for (const folder of ['run/smtpd', 'run/send', 'run/ctl', 'run', 'lib', 'bin', 'boot', 'man/man1', 'man/man5', 'man/man7', 'man/man8', 'man']) {
    try {
      rmdirSync(join(home, folder))
    } catch {
      process.stdout.write(`${join(home, folder)} holds other files and stays\n`)
    }
  }
  process.stdout.write(`the programs are gone from ${home}; queue, drop, control, users, alias and the suite's accounts are as they were\n`)
})
