import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer } from '../../../src/net/dns.ts'
import { type DnsList, lookUp } from '../../../src/net/dnsbl.ts'

const block = (base: string, failsClosed = false): DnsList => ({ kind: 'block', base, text: undefined, failsClosed })

test('all lists are asked at once, and have one time altogether', async () => {
  const asked: string[] = []
  const never = (name: string): Promise<Answer<string>> => {
    asked.push(name)
    return name.endsWith('good.example') ? Promise.resolve({ kind: 'ok', records: ['a', 'b'] }) : new Promise(() => {})
  }
  const lists = [block('silent.example'), block('silent2.example'), block('good.example')]
  const listing = await lookUp({ a: never, txt: never }, lists, '192.0.2.7', 0.2)
  assert.deepEqual(listing, { kind: 'blocked', list: lists[2], text: 'ab', isSure: false })
  assert.deepEqual(asked, ['7.2.0.192.silent.example', '7.2.0.192.silent2.example', '7.2.0.192.good.example'])
})

test('what is no address is on no list, and nobody is asked', async () => {
  const fail = (): Promise<Answer<string>> => Promise.reject(new Error('asked'))
  for (const ip of ['', 'unknown', '1.2.3']) assert.deepEqual(await lookUp({ a: fail, txt: fail }, [block('x')], ip, 1), { kind: 'clear' })
})
