import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { killListed, treeOf } from '../helpers/proc.ts'
import { until } from '../helpers/suite.ts'
import { allArrive, load, makeBoxes, type Running, restartServer, restartSuite, startAll } from '../helpers/under-load.ts'
import { PATIENT } from '../helpers/wait.ts'

/** Kills one process of the running suite by name; false if there is none. */
const killOne = (running: Running, name: string): boolean => {
  const all = [running.suite, running.smtpd.daemon].flatMap(({ child }) => (child.pid === undefined ? [] : treeOf(child.pid)))
  const victim = all.find((p) => p.name === name)
  if (victim) killListed(victim)
  return victim !== undefined
}

const VICTIMS = [
  'qmail-start',
  'qmail-send',
  'qmail-clean',
  'qmail-queued',
  'qmail-lspawn',
  'qmail-rspawn',
  'qmail-local',
  'qmail-getpw',
  'qmail-smtpd',
  'tcpserver'
] as const

test('SIGKILL of one process under load, then a restart: every acknowledged message arrives, none is torn', {
  timeout: VICTIMS.length * PATIENT.timeout
}, async (t) => {
  const { home, boxes } = makeBoxes()
  const running = await startAll(home)
  for (const victim of VICTIMS) {
    await t.test(victim, PATIENT, async () => {
      const sending = load(running)
      await until('messages on their way', () => sending.acknowledged.size > 40)
      await until(`a ${victim} to kill`, () => killOne(running, victim))
      await delay(300) // under load for a moment more, with what is left
      await sending.finish()
      await running.suite.stop()
      await running.smtpd.daemon.stop()
      await restartSuite(home, running)
      await restartServer(home, running)
      await allArrive(running, home, boxes, sending.acknowledged)
    })
  }
  assert.equal(await running.suite.stop(), 0)
})

test('SIGTERM in the middle of deliveries waits for them, and a restart loses nothing', PATIENT, async () => {
  const { home, boxes } = makeBoxes()
  const running = await startAll(home)
  const sending = load(running)
  await until('messages on their way', () => sending.acknowledged.size > 30)
  assert.equal(await running.suite.stop('SIGTERM'), 0)
  assert.match(running.suite.log(), /\nstatus: exiting\n/)
  await sending.finish()
  await running.smtpd.daemon.stop()
  await restartSuite(home, running)
  await restartServer(home, running)
  await allArrive(running, home, boxes, sending.acknowledged)
})
