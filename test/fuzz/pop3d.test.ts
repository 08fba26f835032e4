import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { scan } from '../../src/pop3/maildrop.ts'
import { servePop3 } from '../../src/pop3/pop3d.ts'
import { clientOf, fuzz } from './harness.ts'

const box = mkdtempSync(join(tmpdir(), 'qm-fuzz-'))
after(() => {
  process.chdir('/')
  rmSync(box, { recursive: true, force: true })
})
for (const folder of ['new', 'cur', 'tmp']) mkdirSync(join(box, folder))
process.chdir(box)

const lay = (): void => {
  for (const [name, text] of [
    ['new/a', 'Subject: a\n\n.dot\nend'],
    ['cur/b:2,S', 'Subject: b\n\nbody\n'],
    ['new/c', '\n']
  ] as const) {
    writeFileSync(name, text)
    utimesSync(name, 1_000_000_000, 1_000_000_000)
  }
}

fuzz('qmail-pop3d', {
  corpus: [
    'STAT\r\nLIST\r\nUIDL\r\nRETR 1\r\nTOP 2 0\r\nDELE 1\r\nLAST\r\nRSET\r\nQUIT\r\n',
    'TOP 1 1\nDELE 3\nDELE 3\nLIST 3\nUIDL 2\nQUIT\n',
    'NOOP\r\nCAPA\r\nXYZ\r\n'
  ],
  words: ['RETR 1\r\n', 'TOP 3 9\r\n', 'DELE 2\r\n', '\r\n', ' ', '\0', '99999999999999999999', 'QUIT\r\n'],
  run: async (chunks) => {
    lay()
    const { input, output, said } = clientOf(chunks)
    assert.equal(await servePop3(input, output, scan(Date.now()), undefined), 0)
    assert.match(said(), /^\+OK \r\n/)
    rmSync('cur', { recursive: true })
    rmSync('new', { recursive: true })
    for (const folder of ['new', 'cur']) mkdirSync(folder)
  }
})
