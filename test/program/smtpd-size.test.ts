import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { client } from '../helpers/dialogue.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { startSmtpd } from '../helpers/suite.ts'

const skip = isRoot ? false : 'mounting a small disk takes root'
const FULL = '452 not enough room (#4.3.1)\r\n'

test('a message that announces more than the disk of the queue has left beside 64 MiB is put off at MAIL, in both gears', { skip }, async () => {
  const home = makeHome()
  home.control('esmtp', 'SIZE\n')
  const drop = home.at('drop')
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=70m,mode=3733', 'tmpfs', drop])
  assert.equal(mounted.status, 0, mounted.stderr.toString())
  home.beforeRemoval(() => spawnSync('umount', [drop]))
  for (const gear of [[], ['-w', '1']]) {
    const { port, daemon } = await startSmtpd(home, gear)
    for (const [bytes, answer] of [
      [4_000_000, '250 ok\r\n'],
      [8_000_000, FULL],
      [1_000_000, '250 ok\r\n']
    ]) {
      const c = client(port)
      c.say(`EHLO x\r\nMAIL FROM:<a@b> SIZE=${bytes}\r\nQUIT\r\n`)
      assert.ok((await c.closed()).includes(`SIZE\r\n${answer}221 `), `${gear.join(' ')} ${bytes}: ${c.heard()}`)
    }
    await daemon.stop()
  }
})
