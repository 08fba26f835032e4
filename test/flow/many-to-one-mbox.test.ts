import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { startSuite, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'

const MESSAGES = 100
const home = makeHome()

test('a hundred messages for one mbox, delivered side by side: none is lost, torn or there twice', async () => {
  const [joe] = makeUsers(home, ['joe'])
  home.control('concurrencylocal', '50\n')
  const daemon = await startSuite(home, './mbox')
  const lines = (n: number): string => Array.from({ length: 40 }, (_, i) => `${n} line ${i} ${'x'.repeat(i * 5)}`).join('\n')
  for (let n = 0; n < MESSAGES / 20; n++) {
    const boxes = Array.from({ length: 20 }, (_, i) => n * 20 + i)
    for (const box of boxes) joe?.lay(`.qmail-${box}`, './mbox\n')
    const args = boxes.map((box) => `joe-${box}@mail.example.org`)
    const r = runProgram(home, 'qmail-inject', { args: ['-a', ...args], input: `From: a@b.c\nTo: joe\n\n${lines(n)}\n`, env: { USER: 'tester' } })
    assert.equal(r.exit, 0, r.stderr)
  }
  const mbox = (): string[] => {
    try {
      return readFileSync(join(joe?.home ?? '', 'mbox'), 'latin1').split(/^(?=From )/m)
    } catch {
      return []
    }
  }
  await until('all of them', () => mbox().length === MESSAGES && (daemon.log().match(/^delivery \d+: success/gm) ?? []).length === MESSAGES, 240)
  const boxes = mbox().map((text) => {
    const [, box = '', n = ''] = /^From .*\nReturn-Path: .*\nDelivered-To: joe-(\d+)@mail\.example\.org\n[\s\S]*?\n\n(\d+) line 0 /.exec(text) ?? []
    assert.ok(text.endsWith(`\n\n${lines(Number(n))}\n\n`), text.slice(0, 300))
    assert.equal(Math.floor(Number(box) / 20), Number(n))
    return Number(box)
  })
  assert.deepEqual(
    boxes.toSorted((a, b) => a - b),
    Array.from({ length: MESSAGES }, (_, i) => i)
  )
  assert.equal(await daemon.stop(), 0)
})
