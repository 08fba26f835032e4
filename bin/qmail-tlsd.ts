/**
 * NAME     qmail-tlsd [ -c ]: holds the keys of TLS, and speaks nothing else (spec modern.md 1, 3.2)
 * RUNS AS  qmailt:nofiles; -c: root to bind, then that; kept resident by tcpserver's second process, with -c by qmail-start
 * FDS      2> log; resident: 3<> tcpserver, which hands over connections; -c: 0< under qmail-start a pipe whose end stops us
 * ENV      none
 * EXIT     0 told to retire, or to stop (SIGTERM), or the parent is gone; 100 not started by tcpserver, and without -c; 111 cannot start
 * FILES    control/ servercert.pem serverkey.pem servercert-ecdsa.pem servercerts/NAME/ tlsserverciphers tlsservermethod clientca.pem
 *          clientcrl.pem tlsclients timeoutsmtpd; -c: clientcert.pem domaincerts and the files it names; run/remote/tls, run/smtpd/tls: the doors, which qmailr and
 *          qmaild alone can reach
 *
 * It may read control/, and nothing else: it starts no process and writes no file; under tcpserver it opens no connection either.
 */
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { Exit } from '../src/core/exit.ts'
import { Permanent } from '../src/core/failure.ts'
import { logLine } from '../src/core/logline.ts'
import { run } from '../src/core/run.ts'
import { becomeUser, suiteGroup, suiteUser } from '../src/os/ids.ts'
import { collectAtLeisure } from '../src/os/leisure.ts'
import { listenAt } from '../src/os/listen.ts'
import { parentGone } from '../src/os/parent.ts'
import { Coprocessor, type Door } from '../src/tlsd/coprocessor.ts'
import { TlsService } from '../src/tlsd/service.ts'
import { TlsdWorker, tlsdChannel } from '../src/tlsd/worker.ts'

const FD = { parent: 0, log: 2 } as const
/** A session is two of them. */
const MAX_CONNECTIONS = 4000

const log = (line: string): void => logLine(FD.log, line)

const coprocessor = async (home: string, resident: boolean): Promise<number> => {
  process.umask(0o077)
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve())
    if (resident) parentGone(FD.parent, resolve)
  })
  const ids = { uid: suiteUser(home, 'qmailt').uid, gid: suiteGroup(home, 'nofiles') }
  const { accept } = new Coprocessor(home, new TlsService(home, log), log)
  let begin = (): void => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  /** Nobody is listened to by root. */
  const at = (door: Door) => (socket: Socket) => {
    socket.on('error', () => {}) // it closes
    void begun.then(() => accept(door, socket))
  }
  await listenAt(join(home, 'run', 'remote', 'tls'), MAX_CONNECTIONS, at('client'))
  await listenAt(join(home, 'run', 'smtpd', 'tls'), MAX_CONNECTIONS, at('server'))
  becomeUser(ids)
  begin()
  collectAtLeisure()
  await stopped
  return Exit.ok
}

run('qmail-tlsd', ({ home, args, resident }) => {
  process.on('SIGHUP', () => {}) // tcpserver hears it, and says what to do
  if (args[0] === '-c') return coprocessor(home, resident)
  if (!resident || process.send === undefined) throw new Permanent('it is started by tcpserver, which hands it connections, or with -c')
  collectAtLeisure()
  return new TlsdWorker(tlsdChannel(), new TlsService(home, log)).run()
})
