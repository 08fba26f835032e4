import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { processTree } from '../helpers/proc.ts'
import { startSmtpd, startSuite, until } from '../helpers/suite.ts'
import { PATIENT } from '../helpers/wait.ts'

// Node keeps a socket it has handed to a child open until the child says that it has it, and for ever if the child dies before.
test('clients whose connection was on its way to a worker that is killed are told, not left waiting', PATIENT, async () => {
  const home = makeHome()
  home.control('rcpthosts', 'local.example\n')
  await startSuite(home)
  const { port, daemon } = await startSmtpd(home, ['-w', '1', '-c', '13'])
  const crowd = Array.from({ length: 13 }, () => createConnection(port, '127.0.0.1')) // at the limit: until fewer than half are left, tcpserver accepts and hands over
  for (const one of crowd) await once(one, 'data')
  for (const one of crowd.slice(7)) one.destroy()
  await until('six to be gone', () => daemon.log().endsWith('status: 7/13\n'))
  const worker = processTree(daemon.child.pid ?? 0).find((p) => p.name === 'qmail-smtpd')
  assert.ok(worker)
  process.kill(worker.pid, 'SIGSTOP') // it takes nothing over from now on
  const clients = Array.from({ length: 5 }, () => createConnection(port, '127.0.0.1'))
  const ends = [...crowd.slice(0, 7), ...clients].map(
    (socket) =>
      new Promise((resolve) =>
        socket
          .on('error', () => {})
          .once('close', resolve)
          .resume()
      )
  )
  await until('tcpserver to hand them over', () => daemon.log().match(/ ok \d+ /g)?.length === 18)
  process.kill(worker.pid, 'SIGKILL')
  await Promise.all(ends)
  const again = createConnection(port, '127.0.0.1')
  const [greeting] = (await once(again, 'data')) as [Buffer]
  assert.match(greeting.toString('latin1'), /^220 /)
  again.destroy()
})
