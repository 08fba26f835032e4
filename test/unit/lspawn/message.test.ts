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
      assert.ok(held.read()?.equals(bytes), `${size} bytes`)
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

test('small messages, of files and of the log, share their memory: each is read when it is handed over', async () => {
  const bytes = (letter: string): Buffer => Buffer.alloc(4000, letter)
  await withFile(bytes('a'), async (fd) => {
    const one = await take(fd)
    const log = { read: (_number: number, _place: unknown, room: Buffer) => room.subarray(0, 4000).fill('b') } as unknown as MessageReader
    const other = await inMemory(log, { fd: -1, logged: { number: 1, place: { segment: 0, at: 0, bytes: 4100 } } })
    assert.ok(one && other)
    assert.ok(one.read()?.equals(bytes('a')))
    const second = other.read()
    assert.ok(second)
    assert.ok(second.equals(bytes('b')))
    assert.ok(one.read()?.equals(bytes('a')))
    assert.ok(second.equals(bytes('a')), 'it was copied by whom it was handed to')
  })
})

test('a small message that got shorter, or is in the log no more, is none', async () => {
  const path = join(below, 'message')
  await withFile(Buffer.alloc(4000, 'a'), async (fd) => {
    const held = await take(fd)
    truncateSync(path, 3999)
    assert.ok(held)
    assert.equal(held.read(), undefined)
  })
  const gone = { read: () => assert.fail('no such message in the log') } as unknown as MessageReader
  const logged = await inMemory(gone, { fd: -1, logged: { number: 1, place: { segment: 0, at: 0, bytes: 4100 } } })
  assert.ok(logged)
  assert.equal(logged.read(), undefined)
})
