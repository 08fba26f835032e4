import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { installedPage } from '../../../tools/doc-links.ts'
import { makeHomeWithPages } from '../../helpers/home.ts'

test('links lead to what is installed; of others their words stay', () => {
  const places = new Map([
    ['docs/sendmail.md', 'doc/sendmail.md'],
    ['service/README.md', 'service/README.md'],
    ['README.md', 'doc/README.md']
  ])
  const page = (text: string, from = 'README.md', to = 'doc/README.md'): string => installedPage(text, from, to, places)
  assert.equal(page('[a](docs/sendmail.md), [b](service/README.md#runit)'), '[a](sendmail.md), [b](../service/README.md#runit)')
  assert.equal(page('[c](bench/RESULTS.md) [d](https://example.org/x) [e](#here)'), 'c [d](https://example.org/x) [e](#here)')
  assert.equal(page('[f](../README.md)', 'docs/sendmail.md', 'doc/sendmail.md'), '[f](README.md)')
})

test('no page of an installation has a dead link', () => {
  const home = makeHomeWithPages()
  const pages = ['doc', 'service'].flatMap((folder) =>
    readdirSync(home.at(folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name))
  )
  assert.ok(pages.includes('doc/README.md') && pages.includes('service/README.md'))
  for (const page of pages) {
    for (const [, target = ''] of readFileSync(home.at(page), 'utf8').matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^([a-z]+:|#)/.test(target)) continue
      assert.ok(existsSync(home.at(dirname(page), target.replace(/#.*/, ''))), `${page}: ${target}`)
    }
  }
})
