import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, test } from 'node:test'
import { netstring } from '../../src/core/netstring.ts'
import { makeHome } from '../helpers/home.ts'
import { putMessage, SendRig } from '../helpers/send-rig.ts'
import { PATIENT } from '../helpers/wait.ts'

test("`bounce msg` stands in the log before the bounce's `new msg`, however late the queue says that it took it", PATIENT, async () => {
  const home = makeHome()
  home.control('locals', 'me.example\n')
  let answer = (): void => {}
  let bounceId = 0
  // qmail-queued, as slow with its answer as can be: the bounce is in todo/ before
  const server = createServer((socket) => {
    let heard = ''
    socket.on('error', () => {})
    socket.on('data', (data) => {
      heard += data.toString('latin1')
      if (!heard.endsWith('F\0Ts@s.example\0\0,')) return
      bounceId = putMessage(home, ['s@s.example'], { sender: '' })
      putMessage(home, ['other@me.example'])
      rig.pull()
      answer = () => void socket.write(netstring('0 77'))
    })
  })
  await new Promise<void>((resolve) => server.listen(home.at('run', 'send', 'socket'), resolve))
  after(() => server.close())
  const id = putMessage(home, ['a@me.example'])
  const rig = new SendRig(home, { resident: true })
  rig.report(await rig.delivery(/^a@/), 'Dno such user\n')
  const other = await rig.delivery(/^other@/)
  // the loop turns once more, over all of todo/, before it hears of this delivery
  rig.report(other, 'Kok\n')
  await rig.logged(/delivery 2: success/)
  assert.doesNotMatch(rig.log, new RegExp(`new msg ${bounceId}\n`))
  answer()
  await rig.logged(new RegExp(`bounce msg ${id} qp 77\n[\\s\\S]*new msg ${bounceId}\n`))
  await rig.delivery(/^s@s\.example/)
  assert.equal([...rig.log.matchAll(/^new msg /gm)].length, 3)
  rig.kill('SIGKILL')
})
