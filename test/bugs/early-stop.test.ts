import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { processTree } from '../helpers/proc.ts'
import { startDaemon, until } from '../helpers/suite.ts'

const home = makeHome()

// A daemon that was still starting was ended by SIGTERM's default effect, and qmail-start called that a failure.
for (const count of [2, 4, 6]) {
  test(`SIGTERM when ${count} processes are there ends the suite well`, async () => {
    const daemon = startDaemon(home, 'qmail-start', ['./Maildir/'], `stop-${count}`)
    await until('some daemons to be started', () => processTree(daemon.child.pid ?? 0).length >= count)
    assert.equal(await daemon.stop(), 0, daemon.log())
  })
}
