import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { MessageReader } from '../../../src/log/read-message.ts'
import { type InMemory, inMemory } from '../../../src/lspawn/message.ts'

const below = mkdtempSync(join(tmpdir(), 'qm-message-'))
after(() => rmSync(below, { recursive: true }))

/** Nothing here is in the commit log. */
const noLog = { read: () => assert.fail('the log was asked') } as unknown as MessageReader
const MEBIBYTE = 1 << 20

const withFile = async (bytes: Buffer | number, then: (fd: number) => Promise<void>): Promise<void> => {
  const path = join(below, 'message')
  writeFileSync(path, typeof bytes === 'number' ? '' : bytes)
  if (typeof bytes === 'number') truncateSync(path, bytes)
  const fd = openSync(path, 'r')
  try {
    await then(fd)
  } finally {
    closeSync(fd)
  }
}

const take = async (fd: number): Promise<InMemory | undefined> => await inMemory(noLog, { fd, logged: undefined })

test('small and large messages come whole', async () => {
  for (const size of [0, 1, 256 * 1024, 256 * 1024 + 1, 3 * MEBIBYTE + 7]) {
    const bytes = Buffer.alloc(size, 'line of some length\n')
    await withFile(bytes, async (fd) => {
      const held = await take(fd)
      assert.ok(held)
      assert.ok(held.message.equals(bytes), `${size} bytes`)
      held.drop()
    })
  }
})

test('64 MiB of large messages are held at a time; what is dropped makes room, once; small ones need none', async () => {
  await withFile(8 * MEBIBYTE, async (fd) => {
    const held = await Promise.all(Array.from({ length: 8 }, () => take(fd)))
    assert.ok(held.every((one) => one !== undefined))
    assert.equal(await take(fd), undefined, 'a ninth')
    held[0]?.drop()
    held[0]?.drop()
    const again = await take(fd)
    assert.ok(again)
    assert.equal(await take(fd), undefined, 'dropping twice makes room once')
    for (const one of [...held.slice(1), again]) one?.drop()
  })
  await withFile(8 * MEBIBYTE + 1, async (fd) => assert.equal(await take(fd), undefined, 'larger than a resident qmail-local takes'))
})

test('a message that gets shorter while it is read holds no room afterwards', async () => {
  const path = join(below, 'message')
  await withFile(8 * MEBIBYTE, async (fd) => {
    const taking = Array.from({ length: 8 }, () => take(fd))
    truncateSync(path, MEBIBYTE)
    for (const one of await Promise.all(taking)) one?.drop() // whole after all: it was read before
  })
  await withFile(8 * MEBIBYTE, async (fd) => {
    const held = await Promise.all(Array.from({ length: 8 }, () => take(fd)))
    assert.ok(held.every((one) => one !== undefined))
    for (const one of held) one?.drop()
  })
})

test('messages in memory at the same time do not share it; what is dropped is used for the next', async () => {
  const places: Buffer[] = []
  const bytes = (letter: string): Buffer => Buffer.alloc(4000, letter)
  let held: InMemory | undefined
  await withFile(bytes('a'), async (fd) => {
    held = await take(fd)
  })
  assert.ok(held)
  await withFile(bytes('b'), async (fd) => {
    const other = await take(fd)
    assert.ok(other)
    assert.ok(other.message.equals(bytes('b')))
    places.push(other.message)
    other.drop()
  })
  await withFile(bytes('c'), async (fd) => {
    const third = await take(fd)
    assert.ok(third)
    assert.ok(third.message.equals(bytes('c')))
    assert.equal(third.message.buffer, places[0]?.buffer)
    third.drop()
  })
  assert.ok(held.message.equals(bytes('a')))
  held.drop()
})
