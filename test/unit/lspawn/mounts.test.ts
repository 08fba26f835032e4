import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { test } from 'node:test'
import { mountPointOf } from '../../../src/lspawn/mounts.ts'

const line = (id: number, parent: number, majorMinor: string, folder: string): string =>
  `${id} ${parent} ${majorMinor} / ${folder} rw,noatime shared:1 - ext4 /dev/root rw`
const ROOT = line(27, 1, '254:0', '/')
const table = (...lines: string[]): string => `${lines.join('\n')}\n`
const device = (major: number, minor: number): number => major * 256 + minor

test('a device has the folder it is mounted at, by the number stat tells; in whatever order', () => {
  const mounts = table(line(22, 27, '0:21', '/proc'), ROOT, line(30, 27, '8:17', '/home'), line(31, 30, '259:300', '/home/mail\\040box'))
  assert.equal(mountPointOf(device(254, 0), mounts), '/')
  assert.equal(mountPointOf(device(0, 21), mounts), '/proc')
  assert.equal(mountPointOf(device(8, 17), mounts), '/home')
  assert.equal(mountPointOf(device(259, 44) + 2 ** 20, mounts), '/home/mail box', '300 is 256 and 44')
  assert.equal(mountPointOf(device(8, 18), mounts), undefined)
})

test('a folder that another file system covers is not where a device is', () => {
  const home = line(30, 27, '8:1', '/home')
  assert.equal(mountPointOf(device(8, 1), table(ROOT, home, line(31, 30, '8:2', '/home'))), undefined, 'on top of it')
  assert.equal(mountPointOf(device(8, 2), table(ROOT, home, line(31, 30, '8:2', '/home'))), '/home', 'that is what is there')
  assert.equal(mountPointOf(device(8, 1), table(ROOT, line(30, 27, '8:1', '/srv/mail'), line(31, 27, '8:2', '/srv'))), undefined, 'on the way')
  assert.equal(mountPointOf(device(8, 1), table(ROOT, home, line(31, 27, '8:1', '/mnt'), line(32, 30, '8:2', '/home'))), '/mnt', 'it has another')
  assert.equal(mountPointOf(device(8, 1), table(ROOT, home, line(31, 27, '8:2', '/homely'), line(32, 30, '8:3', '/home/x'))), '/home')
})

test('what is found on this machine is on that device', () => {
  for (const folder of ['/', '/proc', '/tmp']) {
    const { dev } = statSync(folder)
    const found = mountPointOf(dev)
    if (found !== undefined) assert.equal(statSync(found).dev, dev, folder)
  }
})
