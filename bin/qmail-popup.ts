/**
 * NAME     qmail-popup hostname subprogram [ arg ... ]: hears a POP3 client's name and password (spec network.md 8.1)
 * RUNS AS  root, under tcpserver, so that the subprogram can become the user
 * FDS      0< 1> the connection; the subprogram: 0< 1> the same, 3< name, password and `<PID.SECONDS@hostname>`, each ended by NUL
 * ENV      all of it is handed on; SSLCTLFD, SSLREADFD, SSLWRITEFD: the way to TLS; POP3TLS=! nobody logs in without it
 * EXIT     1 always
 * FILES    control/pop3capa; /proc/PID/fd: of a shell that makes a pipe; run/smtpd/auth: qmail-authd
 *
 * With `authclient` before the subprogram qmail-authd is asked first. The subprogram (checkpassword qmail-pop3d Maildir) gets what the client says after its password, to the byte. One attempt a connection.
 */

import { writeFd } from '../src/core/fdio.ts'
import { run } from '../src/core/run.ts'
import { writableFd } from '../src/net/stdio.ts'
import { capabilities } from '../src/pop3/capabilities.ts'
import { checkedBy } from '../src/pop3/checked-by.ts'
import { LineSource } from '../src/pop3/line-source.ts'
import { POPUP_EXIT, popup, SILENCE_SECONDS } from '../src/pop3/popup.ts'
import { tlsFdsOf } from '../src/serve/ucspi-tls.ts'

run('qmail-popup', ({ home, args: [hostname, program, ...args], env }) => {
  if (hostname === undefined || program === undefined) {
    writeFd(1, '-ERR usage: popup hostname subprogram\r\n')
    return POPUP_EXIT
  }
  const lines = new LineSource(0, SILENCE_SECONDS)
  // a client that has gone needs no answer, and gets the same end
  const options = {
    hostname,
    ...checkedBy(home, [program, ...args], env),
    env,
    lines,
    output: writableFd(1),
    fds: [0, 1] as const,
    tls: tlsFdsOf(env),
    capabilities: capabilities(home)
  }
  return popup(options).catch(() => POPUP_EXIT)
})
