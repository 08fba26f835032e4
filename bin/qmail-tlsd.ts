/**
 * NAME     qmail-tlsd: holds the keys of TLS, and speaks nothing else (spec modern.md 1)
 * RUNS AS  qmailt:nofiles, kept resident by tcpserver's second process
 * FDS      2> log; resident: 3<> tcpserver, which hands over connections
 * ENV      none
 * EXIT     0 told to retire, or the parent is gone; 100 not started by tcpserver
 * FILES    control/ servercert.pem serverkey.pem servercert-ecdsa.pem servercerts/NAME/ tlsserverciphers tlsservermethod clientca.pem
 *          clientcrl.pem tlsclients timeoutsmtpd
 *
 * It may read control/, and nothing else: it opens no connection, starts no process, writes no file.
 */
import { Permanent } from '../src/core/failure.ts'
import { logLine } from '../src/core/logline.ts'
import { run } from '../src/core/run.ts'
import { TlsService } from '../src/tlsd/service.ts'
import { TlsdWorker, tlsdChannel } from '../src/tlsd/worker.ts'

run('qmail-tlsd', ({ home, resident }) => {
  if (!resident || process.send === undefined) throw new Permanent('it is started by tcpserver, which hands it connections')
  process.on('SIGHUP', () => {}) // tcpserver hears it, and says what to do
  return new TlsdWorker(tlsdChannel(), new TlsService(home, (line) => logLine(2, line))).run()
})
