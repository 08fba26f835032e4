import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { markerOf } from '../../src/os/own.ts'
import { engineFlags, nodeFlags } from '../../src/suite/permissions.ts'
import { type ProgramName, programs } from '../../src/suite/programs.ts'
import { shebang } from '../../tools/install.ts'
import { type Home, makeHome } from '../helpers/home.ts'
import { type Daemon, startDaemon, until } from '../helpers/suite.ts'

/** A path too long for all that a first line should say. */
const long = mkdtempSync('/tmp/qm-no-room-')
after(() => rmSync(long, { recursive: true, force: true }))
chmodSync(long, 0o755)

/** Says in the log which flags Node was started with, and stays. */
const probe = (name: ProgramName): string => `
require('node:fs').writeSync(${name === 'qmail-send' ? 0 : 2}, ${JSON.stringify(`flags of ${name}: `)} + JSON.stringify(process.execArgv) + '\\n')
setInterval(() => {}, 1000)
`

const DAEMONS = ['qmail-lspawn', 'qmail-rspawn', 'qmail-clean', 'qmail-queued', 'qmail-send'] satisfies ProgramName[]

const layProbes = (home: Home, names: readonly ProgramName[]): void => {
  for (const name of names) writeFileSync(home.at('bin', name), `${shebang(home.path, name, programs[name], true)}\n${markerOf(name)}\n${probe(name)}`)
}

/** What the probe of this name has said. */
const flagsOf = async (daemon: Daemon, name: ProgramName): Promise<string[]> => {
  const said = await until(
    () => `the flags of ${name}; log:\n${daemon.log()}`,
    () => new RegExp(`^flags of ${name}: (.*)\n`, 'm').exec(daemon.log())?.[1]
  )
  return JSON.parse(said) as string[]
}

test('qmail-start gives its daemons and helpers all flags and exact permissions, however long the path of the installation', async () => {
  const home = makeHome(undefined, long)
  home.control('recipientcheck', '1\n')
  const names = [...DAEMONS, 'qmail-rcptd'] satisfies ProgramName[]
  layProbes(home, names)
  assert.match(shebang(home.path, 'qmail-lspawn', programs['qmail-lspawn'], true), / --allow-fs-read=\* /, 'its first line has no room')

  const daemon = startDaemon(home, 'qmail-start', ['./Maildir/'])
  for (const name of names) {
    const { permissions, youngMegabytes, runtime } = programs[name]
    assert.equal(runtime, 'node', `${name}: this is how Node is told`)
    assert.deepEqual(await flagsOf(daemon, name), [...engineFlags(youngMegabytes), ...nodeFlags(home.path, home.at('bin', name), permissions)], name)
  }
  daemon.child.kill('SIGKILL')
})

test('daemons of another installation that PATH has first are run as they are, by their first lines', async () => {
  const [home, other] = [makeHome(), makeHome(undefined, '/tmp')]
  layProbes(other, DAEMONS)
  const daemon = startDaemon(home, 'qmail-start', ['./Maildir/'], 'other', { PATH: `${other.at('bin')}:/usr/bin:/bin` })
  for (const name of DAEMONS) {
    const line = shebang(other.path, name, programs[name], true)
    const flags = line.slice(line.indexOf('lib/node') + 'lib/node'.length).trim()
    assert.equal((await flagsOf(daemon, name)).join(' '), flags, name)
  }
  daemon.child.kill('SIGKILL')
})
