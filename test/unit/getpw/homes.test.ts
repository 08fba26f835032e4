import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Temporary } from '../../../src/core/failure.ts'
import { Homes, MAX_HOMES } from '../../../src/getpw/homes.ts'

test('a home that does not answer is looked at once, whoever asks, and holds up nobody who asks about another', async () => {
  const looks: string[] = []
  const homes = new Homes((home) => {
    looks.push(home)
    return home === '/hung' ? new Promise(() => {}) : Promise.resolve(1000)
  }, 50)
  const hung = [homes.owner('/hung'), homes.owner('/hung'), homes.owner('/hung')]
  assert.equal(await homes.owner('/fine'), 1000)
  for (const result of await Promise.allSettled(hung)) assert.ok(result.status === 'rejected' && result.reason instanceof Temporary)
  await assert.rejects(homes.owner('/hung'), Temporary)
  assert.deepEqual(looks, ['/hung', '/fine'])
})

test('when as many homes hang as there are threads, others are told so at once', async () => {
  const homes = new Homes(() => new Promise(() => {}), 20)
  const all = Promise.allSettled(Array.from({ length: MAX_HOMES }, (_, i) => homes.owner(`/hung${i}`)))
  await assert.rejects(homes.owner('/one-more'), /too many homes/)
  await all
})

test('what is real: a folder, one that is missing, one below a file', async () => {
  const homes = new Homes()
  assert.equal(await homes.owner('/'), 0)
  assert.equal(await homes.owner('/nonexistent/home'), undefined)
  assert.equal(await homes.owner('/etc/passwd/home'), undefined)
})
