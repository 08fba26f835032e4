import assert from 'node:assert/strict'
import { test } from 'node:test'
import { selfSigned } from '../helpers/certificate.ts'
import { makeHome } from '../helpers/home.ts'
import { startDaemon, startListening } from '../helpers/suite.ts'
import { layCertificate, throughOpenssl } from '../helpers/tls.ts'
import { PATIENT } from '../helpers/wait.ts'

// qmail-popup answered CAPA before STLS, and inside TLS said `-ERR authorization first`: fetchmail took that for a wrong password.
for (const [what, lines] of [
  ['without control/pop3capa', undefined],
  ['with it', 'TOP\nUSER\n']
] as const) {
  test(`CAPA has an answer before STLS and after it, ${what}`, PATIENT, async () => {
    const home = makeHome()
    layCertificate(home, selfSigned(['mx.example']))
    if (lines !== undefined) home.control('pop3capa', lines)
    const { port } = await startListening((log) =>
      startDaemon(home, 'tcpserver', ['-1nvRHl0', '127.0.0.1', '0', home.at('bin', 'qmail-popup'), 'pop.example', '/bin/false'], log)
    )
    // what comes before TLS openssl keeps to itself, and turns to TLS only if it is told of STLS
    const said = await throughOpenssl(port, ['-starttls', 'pop3'], ['CAPA\n', 'QUIT\n'])
    assert.match(said, lines === undefined ? /\+OK \r\nUSER\r\n\.\r\n\+OK \r\n$/ : /\+OK \r\nTOP\r\nUSER\r\n\.\r\n\+OK \r\n$/)
  })
}
