import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { SettingsCache } from '../../../src/control/cache.ts'
import { FILES, readSettings } from '../../../src/smtpd/settings.ts'

const home = mkdtempSync(join(tmpdir(), 'qm-settings-'))
after(() => rmSync(home, { recursive: true, force: true }))
mkdirSync(join(home, 'control'))
const control = (name: string, text: string): void => writeFileSync(join(home, 'control', name), text)

test('a change of a control file counts for the next session', () => {
  control('me', 'one.example\n')
  const cache = new SettingsCache(home, FILES, () => readSettings(home))
  assert.equal(cache.get().greeting, 'one.example')
  control('me', 'two.example\n')
  assert.equal(cache.get().greeting, 'two.example')
  control('smtpgreeting', 'three\n')
  assert.equal(cache.get().greeting, 'three')
  rmSync(join(home, 'control', 'smtpgreeting'))
  assert.equal(cache.get().greeting, 'two.example')
  utimesSync(join(home, 'control', 'me'), 1, 1)
  assert.equal(cache.get().localiphost, 'two.example')
})

test('timeoutsmtpd of 0, or beyond 31 bits, is 1', () => {
  for (const [text, seconds] of [
    ['0', 1],
    ['4294967295', 1],
    ['7x', 7],
    ['x', 1200]
  ] as const) {
    control('timeoutsmtpd', `${text}\n`)
    assert.equal(readSettings(home).timeoutSeconds, seconds, text)
  }
})

test('trouble with a control file is temporary and names it', () => {
  mkdirSync(join(home, 'control', 'badmailfrom'))
  assert.throws(() => new SettingsCache(home, FILES, () => readSettings(home)).get(), /badmailfrom/)
  rmSync(join(home, 'control', 'badmailfrom'), { recursive: true })
  rmSync(join(home, 'control', 'me'))
  assert.throws(() => readSettings(home), /control\/me/)
})
