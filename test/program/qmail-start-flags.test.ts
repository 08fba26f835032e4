import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { markerOf } from '../../src/os/own.ts'
import { engineFlags, nodeFlags } from '../../src/suite/permissions.ts'
import { type ProgramName, programs } from '../../src/suite/programs.ts'
import { shebang } from '../../tools/install.ts'
import { makeHome } from '../helpers/home.ts'
import { startDaemon, until } from '../helpers/suite.ts'

/** A path too long for all that a first line should say. */
const long = mkdtempSync('/tmp/qm-no-room-')
after(() => rmSync(long, { recursive: true, force: true }))
chmodSync(long, 0o755)

/** Says in the log which flags Node was started with, and stays. */
const probe = (name: ProgramName): string => `
require('node:fs').writeSync(${name === 'qmail-send' ? 0 : 2}, ${JSON.stringify(`flags of ${name}: `)} + JSON.stringify(process.execArgv) + '\\n')
setInterval(() => {}, 1000)
`

test('qmail-start gives its daemons and helpers all flags and exact permissions, however long the path of the installation', async () => {
  const home = makeHome(undefined, long)
  home.control('recipientcheck', '1\n')
  const names = ['qmail-lspawn', 'qmail-rspawn', 'qmail-clean', 'qmail-queued', 'qmail-send', 'qmail-rcptd'] satisfies ProgramName[]
  for (const name of names) writeFileSync(home.at('bin', name), `${shebang(home.path, name, programs[name], true)}\n${markerOf(name)}\n${probe(name)}`)
  assert.match(shebang(home.path, 'qmail-lspawn', programs['qmail-lspawn'], true), / --allow-fs-read=\* /, 'its first line has no room')

  const daemon = startDaemon(home, 'qmail-start', ['./Maildir/'])
  for (const name of names) {
    const { permissions, youngMegabytes, runtime } = programs[name]
    assert.equal(runtime, 'node', `${name}: this is how Node is told`)
    const said = await until(
      () => `the flags of ${name}; log:\n${daemon.log()}`,
      () => new RegExp(`^flags of ${name}: (.*)\n`, 'm').exec(daemon.log())?.[1]
    )
    assert.deepEqual(JSON.parse(said), [...engineFlags(youngMegabytes), ...nodeFlags(home.path, home.at('bin', name), permissions)], name)
  }
  daemon.child.kill('SIGKILL')
})
