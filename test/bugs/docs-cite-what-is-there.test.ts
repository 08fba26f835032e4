import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { settings } from '../../src/control/table.ts'
import { programs } from '../../src/suite/programs.ts'
import { makeHomeWithPages } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const top = join(import.meta.dirname, '..', '..')
const filesBelow = (path: string): string[] =>
  statSync(join(top, path)).isFile()
    ? [path]
    : readdirSync(join(top, path), { recursive: true, encoding: 'utf8' })
        .map((name) => join(path, name))
        .filter((name) => statSync(join(top, name)).isFile())
const pages = ['README.md', 'CHANGES.md', 'docs', 'control', 'service', 'bin', 'bench/RESULTS.md'].flatMap(filesBelow)

test('pages cite only pages that a reader has', () => {
  for (const page of pages) {
    const cited = [...readFileSync(join(top, page), 'utf8').matchAll(/[A-Za-z][A-Za-z/-]*\.md\b/g)].map((m) => m[0])
    for (const name of cited) {
      const isSpec = /^(injection-admin|local-delivery|modern|network|queue)\.md$/.test(name) // chapters of the specification, named as such
      const places = [
        name,
        name.replace(/^var\/qmail\/doc\//, ''),
        `docs/${name}`,
        `service/${name}`,
        name.replace(/^doc\//, 'docs/'),
        join('test/golden', name)
      ]
      assert.ok(isSpec || places.some((place) => existsSync(join(top, place))), `${page} cites ${name}`)
    }
  }
})

test('qmail-showctl cites no other', () => {
  const home = makeHomeWithPages()
  home.control('firstgear', 'qmail-local\n')
  const cited = runProgram(home, 'qmail-showctl').stdout.match(/\S+\.md/g) ?? []
  assert.deepEqual(
    cited.map((name) => name.replace(/^\W+/, '')).filter((name) => !existsSync(home.at(name))),
    []
  )
})

test('settings.md and the templates of control/ name only programs that are there', () => {
  for (const name of Object.keys(settings)) {
    const readers = /^# read by: (.*)$/m.exec(readFileSync(join(top, 'control', name), 'utf8'))?.[1]?.split(' ') ?? []
    assert.ok(readers.length > 0, name)
    if (readers.join(' ') === 'no program of this version') continue
    for (const reader of readers) assert.ok(reader === 'all' || reader in programs, `control/${name}: ${reader}`)
    assert.match(readFileSync(join(top, 'docs', 'settings.md'), 'utf8'), new RegExp(`^\\| ${name} \\|.*\\| ${readers.join(' ')} \\| [a-z]+ \\|$`, 'm'))
  }
})
