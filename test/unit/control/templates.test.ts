import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readSetting } from '../../../src/control/read.ts'
import type { Setting } from '../../../src/control/settings/setting.ts'
import { type SettingName, settings } from '../../../src/control/table.ts'
import { filled, NO_EXAMPLE, templateOf, templates } from '../../../tools/templates.ts'

const home = mkdtempSync(join(tmpdir(), 'templates-'))
after(() => rmSync(home, { recursive: true, force: true }))
cpSync(templates, join(home, 'control'), { recursive: true })
const names = Object.keys(settings) as SettingName[]

test('every setting has its template, and every template its setting', () => {
  assert.deepEqual(
    readdirSync(templates).toSorted(),
    names.toSorted(),
    'run `make docs`: it drafts templates that are missing; git rm those whose setting is gone'
  )
})

test('templates say what the table says, and have an example where it has no default', () => {
  for (const name of names) {
    const text = readFileSync(join(templates, name), 'latin1')
    assert.equal(text, templateOf(name), `control/${name} differs from the table of settings: run \`make docs\``)
    assert.ok(!text.includes(NO_EXAMPLE), `control/${name}: write a good example in place of the line ${NO_EXAMPLE}; \`make docs\` then keeps it`)
  }
})

/** What a suite whose control/ is the folder of templates reads. */
const read = (name: SettingName): unknown => readSetting(home, name)

test('read by the suite, a template gives the default or its example, and nothing of its comments', () => {
  const me = read('me')
  assert.equal(me, 'mail.example.org')
  for (const name of names) {
    const s: Setting = settings[name]
    const value = read(name)
    if (s.type === 'number') assert.equal(value, s.default, name)
    else if (s.type === 'line') assert.equal(value, s.orMe ? me : (s.default ?? value), name)
    const entries: unknown[] = value instanceof Map ? [...value.entries()].flat() : [value].flat()
    assert.ok(entries.length > 0 && entries.every((entry) => entry !== undefined), `${name} has no value`)
    assert.ok(!entries.some((entry) => String(entry).includes('#')), `${name}: ${entries}`)
  }
})

test('a template filled with other values keeps its explanation', () => {
  assert.match(filled('locals', ['a.example', 'b.example']), /^a\.example\nb\.example\n# locals: domains delivered here/)
})
