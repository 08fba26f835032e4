import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { programs } from '../../src/suite/programs.ts'
import { dnsZone } from '../helpers/dns-zone.ts'
import { makeHomeWithPages } from '../helpers/home.ts'
import { makeUsers } from '../helpers/users.ts'
import { PATIENT } from '../helpers/wait.ts'

// The examples of docs/, each in a control/ and alias/ of its own.

const docs = join(import.meta.dirname, '..', '..', 'docs')
const pages = readdirSync(docs).filter((name) => name.endsWith('.md'))
const home = makeHomeWithPages()
const dns = await dnsZone({})
for (const user of makeUsers(home, ['joe', 'ann'])) user.maildir()

const run = (script: string): Promise<string> =>
  new Promise((resolve) => {
    const cwd = mkdtempSync(home.at('example-'))
    const env = { PATH: `${home.at('bin')}:/usr/bin:/bin`, HOME: cwd, USER: 'joe', LC_ALL: 'C', DNSCACHEIP: dns.server }
    const child = spawn('sh', ['-e', '-c', script.replaceAll('/var/qmail', home.path)], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString('latin1')))
    child.on('close', () => resolve(said.replaceAll(home.at('homes'), '/home').replaceAll(home.path, '/var/qmail').trimEnd()))
  })

let examples = 0
for (const page of pages) {
  const text = readFileSync(join(docs, page), 'utf8')
  for (const [, script = '', output] of text.matchAll(/^```sh run\n([\s\S]*?)^```\n(?:\n```output\n([\s\S]*?)^```\n)?/gm)) {
    examples++
    test(`${page}: ${script.split('\n')[0]}`, PATIENT, async () => {
      assert.ok(output !== undefined, 'what it prints stands below it')
      for (const folder of ['control', 'alias']) for (const name of readdirSync(home.at(folder))) rmSync(home.at(folder, name), { recursive: true })
      assert.equal(await run(script), output.trimEnd())
    })
  }
}

test('there are examples, and every program a page names is there', () => {
  assert.ok(examples >= 6)
  const manual = readdirSync(join(docs, 'man')).map((name) => name.replace(/\..*/, ''))
  const others = new Set([...manual, 'qmail-ts', 'qmail-remove'])
  for (const page of ['moving.md', 'setups.md', 'operating.md']) {
    for (const [name] of readFileSync(join(docs, page), 'utf8').matchAll(/(?<![.\w])qmail-[a-z]+[0-9]?[a-z]*\b(?![-.\]])/g)) {
      assert.ok(name in programs || others.has(name), `${page}: ${name}`)
    }
  }
})
