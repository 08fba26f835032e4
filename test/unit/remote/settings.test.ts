import assert from 'node:assert/strict'
import { test } from 'node:test'
import { routeOf, senderRouteOf } from '../../../src/remote/settings.ts'

const routes = new Map([
  ['a.example', 'one:2525'],
  ['.example', 'two'],
  ['.direct.example', ''],
  ['[192.0.2.1]', '[127.0.0.1]:26'],
  ['odd.test', 'three:x']
])

test('the host itself, then its ends with a dot, longest first, then the default decide', () => {
  assert.deepEqual(routeOf('A.Example', routes), { relay: 'one', port: 2525, credentials: undefined })
  assert.deepEqual(routeOf('b.a.example', routes), { relay: 'two', port: 25, credentials: undefined })
  assert.equal(routeOf('example', routes), undefined)
  assert.deepEqual(routeOf('example', new Map([...routes, ['', 'all:1']])), { relay: 'all', port: 1, credentials: undefined })
  assert.deepEqual(routeOf('[192.0.2.1]', routes), { relay: '[127.0.0.1]', port: 26, credentials: undefined })
})

test('an empty relay stops the search: MX as usual', () => {
  assert.equal(routeOf('x.direct.example', new Map([...routes, ['', 'all']])), undefined)
})

test('a port without digits is the usual one', () => {
  assert.deepEqual(routeOf('odd.test', routes), { relay: 'three', port: 25, credentials: undefined })
})

test('without smtproutes there is no route', () => assert.equal(routeOf('x', undefined), undefined))

test('relays are hosts, address literals of both kinds, or addresses as they stand; the port comes after : or ;', () => {
  const of = (value: string) => {
    const route = routeOf('x', new Map([['', value]]))
    return route && `${route.relay} ${route.port}`
  }
  assert.deepEqual(
    ['r', 'r:26', 'r;26', '1.2.3.4:26', '[1.2.3.4]', '[2001:db8::1]', '[2001:db8::1]:26', '[IPv6:::1];26', '2001:db8::1', 'r;26|user|secret', ':26', ''].map(
      of
    ),
    [
      'r 25',
      'r 26',
      'r 26',
      '1.2.3.4 26',
      '[1.2.3.4] 25',
      '[2001:db8::1] 25',
      '[2001:db8::1] 26',
      '[IPv6:::1] 26',
      '[2001:db8::1] 25',
      'r 26',
      undefined,
      undefined
    ]
  )
})

test('a route may have credentials, in each of the forms that are about', () => {
  const routes = new Map([
    ['a.test', 'relay.test:587|joe|secret'],
    ['b.test', 'relay.test;587|!joe|secret'],
    ['c.test', 'relay.test:587 joe secret'],
    ['d.test', 'relay.test|joe|']
  ])
  const route = { relay: 'relay.test', port: 587 }
  assert.deepEqual(routeOf('a.test', routes), { ...route, credentials: { user: 'joe', password: 'secret', isRequired: false } })
  assert.deepEqual(routeOf('b.test', routes), { ...route, credentials: { user: 'joe', password: 'secret', isRequired: true } })
  assert.deepEqual(routeOf('c.test', routes), { ...route, credentials: { user: 'joe', password: 'secret', isRequired: false } })
  assert.deepEqual(routeOf('d.test', routes), { relay: 'relay.test', port: 25, credentials: undefined })
})

test('the relay of a sender: its address, then what begins with @ or a dot, then everybody', () => {
  const senders = new Map([
    ['joe@a.test', 'one'],
    ['@a.test', 'two'],
    ['.test', 'three'],
    ['', 'four']
  ])
  const relay = (sender: string): string | undefined => senderRouteOf(sender, senders)?.relay
  assert.deepEqual(['Joe@A.test', 'ann@a.test', 'x@b.test', 'x@b.example', ''].map(relay), ['one', 'two', 'three', 'four', 'four'])
  assert.equal(senderRouteOf('x@b.example', new Map([['@a.test', 'two']])), undefined)
})
