import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type Home, isRoot } from './home.ts'
import { RUN_SECONDS, type RunResult } from './run-program.ts'

/** Can a program here see another /usr/sbin than the rest of the machine does? The reason why not, for `skip`. */
export const noSbinOfOurOwn = (): string | false => {
  if (!isRoot) return 'a /usr/sbin of its own takes root'
  return spawnSync('unshare', ['-m', 'true']).status !== 0 && 'this machine allows no private mount namespace'
}

/** Runs shell commands for which /usr/sbin/sendmail is the installation's, as a link, as README.md says; all else in /usr/sbin stays. Root only. */
export const makeSbin = (home: Home): ((command: string, input?: string, env?: Record<string, string>) => RunResult) => {
  const [kept, shown, caller] = ['sbin-kept', 'sbin', 'caller'].map((name) => home.at(name)) as [string, string, string]
  for (const folder of [kept, shown, caller]) mkdirSync(folder)
  for (const name of readdirSync('/usr/sbin')) if (name !== 'sendmail') symlinkSync(join(kept, name), join(shown, name))
  symlinkSync(home.at('bin', 'sendmail'), join(shown, 'sendmail'))
  return (command, input = '', env = {}) => {
    const script = `mount --bind /usr/sbin ${kept} && mount --bind ${shown} /usr/sbin || exit 99\n${command}\n`
    const r = spawnSync('unshare', ['-m', '/bin/sh', '-c', script], {
      input: Buffer.from(input, 'latin1'),
      cwd: caller,
      env: { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin', HOME: caller, USER: 'tester', LANG: 'C.UTF-8', ...env },
      timeout: RUN_SECONDS * 1000
    })
    return { exit: r.signal ?? r.status ?? String(r.error), stdout: r.stdout.toString('latin1'), stderr: r.stderr.toString('latin1') }
  }
}
