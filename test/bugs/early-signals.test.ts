import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { processTree } from '../helpers/proc.ts'
import { startDaemon, until } from '../helpers/suite.ts'

const home = makeHome()

// qmail-start passed signals on to a qmail-send that did not catch them yet, and a HUP right after the start ended the suite.
for (const signal of ['SIGHUP', 'SIGALRM'] as const) {
  test(`${signal} while qmail-send is starting does no harm`, async () => {
    const daemon = startDaemon(home, 'qmail-start', ['./Maildir/'], signal)
    await until('all daemons to be started', () => processTree(daemon.child.pid ?? 0).length >= 6)
    daemon.child.kill(signal)
    await until('qmail-send to be at work', () => /status: local 0\/\d+ remote 0\/\d+\n/.test(daemon.log()))
    assert.equal(await daemon.stop(), 0)
    assert.match(daemon.log(), /^status: [^\n]*\nstatus: exiting\n$/)
  })
}
