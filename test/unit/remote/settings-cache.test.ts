import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { SettingsCache } from '../../../src/control/cache.ts'
import { FILES, readSettings } from '../../../src/remote/settings.ts'
import { until } from '../../helpers/wait.ts'

const below = mkdtempSync(join(tmpdir(), 'qm-remote-settings-'))
after(() => rmSync(below, { recursive: true, force: true }))

/** So that all of the others count. */
const ALWAYS = { me: 'mail.example\n', esmtp: '', dane: '2\n' }

/** What stands there, and what is written over it, one at a time, each in a control/ of its own. */
const CHANGES: [name: string, before: string, after: string][] = [
  ['me', 'mail.example\n', 'other.example\n'],
  ['helohost', 'helo.example\n', 'ehlo.example\n'],
  ['timeoutconnect', '7\n', '8\n'],
  ['timeoutremote', '7\n', '8\n'],
  ['smtproutes', 'a.example:b.example\n', 'a.example:c.example\n'],
  ['outgoingip', '127.0.0.2\n', '127.0.0.3\n'],
  ['moreipme', '192.0.2.1\n', '192.0.2.2\n'],
  ['notipme', '192.0.2.1\n', '192.0.2.2\n'],
  ['esmtp', '-CHUNKING\n', '-SIZE\n'],
  ['requiretls', '1\n', '0\n'],
  ['downgrade', '1\n', '0\n'],
  ['authclear', '1\n', '0\n'],
  ['authsenders', 'a@b.example:relay.example|user|secret\n', 'a@b.example:relay.example|user|other\n'],
  ['tlsdestinations', '*.example:\n', '*.test:\n'],
  ['tlsclientciphers', 'HIGH\n', 'MEDIUM\n'],
  ['tlsclientmethod', 'TLSv1_2\n', 'TLSv1_3\n'],
  ['dane', '2\n', '1\n'],
  ['daneinsecuremx', '1\n', '0\n'],
  ['dnssectrust', '127.0.0.1\n', '127.0.0.2\n'],
  ['tlsadomains', 'x.example\n', 'y.example\n']
]
/** What counts by being there, file or folder. */
const COMING = ['esmtp', 'tlsdestinations', 'tlsclientciphers', 'clientcert.pem', 'domaincerts', 'tlshosts', 'notlshosts']

const kept = (name: string, files: Record<string, string>) => {
  const home = join(below, name)
  mkdirSync(join(home, 'control'), { recursive: true })
  for (const [file, text] of Object.entries(files)) writeFileSync(join(home, 'control', file), text)
  return { home, cache: new SettingsCache(home, FILES, () => readSettings(home)) }
}

const isKept = (cache: SettingsCache<unknown>): boolean => {
  const first = cache.get()
  return cache.get() === first
}

test('settings are kept while nothing changes; a change of any file, or one that comes, counts for the next delivery', async () => {
  const changing = CHANGES.map(([name, before, text]) => ({ name, text, ...kept(`changes-${name}`, { ...ALWAYS, [name]: before }) }))
  const coming = COMING.map((name) => ({ name, text: '', ...kept(`comes-${name}`, { me: 'mail.example\n' }) }))
  const all = [...changing, ...coming]
  await until('all to be kept', () => all.every(({ cache }) => isKept(cache)))
  for (const { name, text, home, cache } of all) {
    const before = cache.get()
    if (name.endsWith('hosts')) mkdirSync(join(home, 'control', name))
    else writeFileSync(join(home, 'control', name), text)
    const changed = cache.get()
    assert.notDeepEqual(changed, before, name)
    assert.deepEqual(changed, readSettings(home), name)
  }
})
