import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { settings } from '../../../src/control/table.ts'
import { files } from '../../../src/suite/files.ts'
import { nodeFlags } from '../../../src/suite/permissions.ts'
import { programRows, programs } from '../../../src/suite/programs.ts'

const top = join(import.meta.dirname, '..', '..', '..')

test('every program of the table has its page in bin/, and every file of bin/ its row', () => {
  const pages = readdirSync(join(top, 'bin')).map((name) => name.replace(/\.ts$/, ''))
  assert.deepEqual(pages.toSorted(), programRows.map(([name]) => name).toSorted())
  for (const name of pages) {
    const text = readFileSync(join(top, 'bin', `${name}.ts`), 'utf8')
    for (const word of ['RUNS AS', 'FDS', 'EXIT']) assert.ok(text.includes(word), `bin/${name}.ts says nothing of ${word}`)
  }
})

test('readers named by settings exist, or come with a later issue', () => {
  const later = /^(all|qmail-(qmtpd|qmqpc))$/
  for (const [name, { readers }] of Object.entries(settings))
    for (const reader of readers) assert.ok(reader in programs || later.test(reader), `control/${name} is read by ${reader}`)
})

test('folders stand before what is in them', () => {
  const seen = new Set<string>()
  for (const { path } of files) {
    const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.'
    assert.ok(path === '.' || seen.has(parent), `${path} before ${parent}`)
    seen.add(path)
  }
})

test('no program is set-uid or writable by others', () => {
  for (const [name, { mode }] of programRows) assert.equal(mode & 0o7022, 0, name)
})

test('permissions become flags; an unrestricted program at least opens no inspector', () => {
  assert.deepEqual(nodeFlags('/h', '/h/bin/x', ['read:control', 'write:queue', 'read:/etc/group', 'child']), [
    '--permission',
    '--no-experimental-sqlite',
    '--allow-fs-read=/h/bin/x',
    '--allow-fs-read=/h/control',
    '--allow-fs-write=/h/queue',
    '--allow-fs-read=/etc/group',
    '--allow-child-process',
    '--no-warnings'
  ])
  assert.deepEqual(nodeFlags('/h', '/h/bin/x', ['unrestricted']), ['--disable-sigusr1'])
})

test('the generated documentation is up to date', async () => {
  assert.ok(existsSync(join(top, 'docs', 'programs.md')))
  for (const [name, { about }] of programRows)
    assert.ok(readFileSync(join(top, 'docs', 'programs.md'), 'utf8').includes(`| ${name} | ${about} |`), `make docs: ${name}`)
  for (const [name, { about }] of Object.entries(settings))
    assert.ok(readFileSync(join(top, 'docs', 'settings.md'), 'utf8').includes(`| ${name} | ${about.replaceAll('|', '\\|')} |`), `make docs: ${name}`)
})
