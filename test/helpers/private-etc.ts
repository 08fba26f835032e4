import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import type { RunResult } from './run-program.ts'

/** An /etc of the test's own, seen only by the programs it runs; gone when the test file ends. Root only. */
export interface PrivateEtc {
  path: string
  lay: (name: string, text: string) => void
  /** Makes this name server the one to ask, believed about DNSSEC; `anchor`: the root's key, for libraries that look at signatures themselves (libunbound). */
  askAt: (nameServer: string, anchor?: string) => void
  /** Runs a shell command with that /etc in place of the real one. */
  run: (command: string, env?: Record<string, string>) => RunResult
  /** Adds an account, to run a daemon as, with a group of the same name and number. */
  account: (name: string, id: number) => void
  /** Arguments of unshare(1) that run a shell command with that /etc; all that it starts ends when unshare is killed, as long as the shell stays (no `exec`). */
  apart: (command: string) => string[]
}

export const makeEtc = (): PrivateEtc => {
  const path = mkdtempSync(join(tmpdir(), 'qmetc-'))
  after(() => rmSync(path, { recursive: true, force: true }))
  mkdirSync(join(path, 'etc'))
  spawnSync('cp', ['/etc/passwd', '/etc/group', '/etc/services', '/etc/nsswitch.conf', '/etc/ld.so.cache', join(path, 'etc')])
  const lay = (name: string, text: string): void => writeFileSync(join(path, 'etc', name), Buffer.from(text, 'latin1'))
  return {
    path: join(path, 'etc'),
    lay,
    askAt: (nameServer, anchor) => {
      lay('resolv.conf', `nameserver ${nameServer}\noptions trust-ad timeout:20\n`)
      lay('hosts', '127.0.0.1 localhost\n')
      if (anchor === undefined) return
      mkdirSync(join(path, 'etc', 'unbound'))
      lay('unbound/root.key', anchor)
    },
    run: (command, env = {}) => {
      const r = spawnSync('unshare', ['-m', '/bin/sh', '-c', `mount --bind ${join(path, 'etc')} /etc && { ${command}\n}`], {
        env: { PATH: process.env.PATH ?? '', ...env },
        timeout: 60_000
      })
      return { exit: r.signal ?? r.status ?? String(r.error), stdout: r.stdout.toString('latin1'), stderr: r.stderr.toString('latin1') }
    },
    account: (name, id) => {
      appendFileSync(join(path, 'etc', 'passwd'), `${name}:x:${id}:${id}::/nonexistent:/usr/sbin/nologin\n`)
      appendFileSync(join(path, 'etc', 'group'), `${name}:x:${id}:\n`)
    },
    apart: (command) => ['--mount', '--pid', '--fork', '--kill-child', '/bin/sh', '-c', `mount --bind ${join(path, 'etc')} /etc && { ${command}\n}; exit $?`]
  }
}
