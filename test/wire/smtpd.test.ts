import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { client } from '../helpers/dialogue.ts'
import { makeHome } from '../helpers/home.ts'
import { startQueued, startSmtpd } from '../helpers/suite.ts'

const home = makeHome()
home.control('rcpthosts', 'here.example\n')
home.control('badmailfrom', '@bad.example\n')
home.control('databytes', '30\n')
await startQueued(home)
const gears = { first: (await startSmtpd(home)).port, second: (await startSmtpd(home, ['-w', '1'])).port }

for (const file of readdirSync(import.meta.dirname).filter((name) => /^smtpd.*\.in$/.test(name))) {
  const wire = readFileSync(join(import.meta.dirname, file), 'latin1').replaceAll('\n', '\r\n')
  const want = readFileSync(join(import.meta.dirname, file.replace(/in$/, 'ref')), 'latin1').replaceAll('\n', '\r\n')
  for (const [gear, port] of Object.entries(gears)) {
    test(`${file} in the ${gear} gear, all at once`, async () => {
      const c = client(port)
      c.say(wire)
      assert.equal((await c.closed()).replace(/ok \d+ qp \d+/g, 'ok SECONDS qp N'), want)
    })
    test(`${file} in the ${gear} gear, a few bytes at a time`, async () => {
      const c = client(port)
      c.socket.setNoDelay(true)
      for (let at = 0; at < wire.length; at += 7) await new Promise((resolve) => c.socket.write(Buffer.from(wire.slice(at, at + 7), 'latin1'), resolve))
      assert.equal((await c.closed()).replace(/ok \d+ qp \d+/g, 'ok SECONDS qp N'), want)
    })
  }
}
