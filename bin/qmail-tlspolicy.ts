/**
 * NAME     qmail-tlspolicy [-v] DOMAIN: says what TLS would be for mail to a domain (spec modern.md 3.4, 3.10)
 * RUNS AS  root, or who may read control/
 * FDS      1> what holds, a line each, 2> why not
 * ENV      DNSCACHEIP: name servers instead of those of /etc/resolv.conf, 1.2.3.4, with :5353 if need be
 * EXIT     0 mail would go; 1 it would not; 100 usage; 111 cannot tell, or trouble
 * FILES    control/ as qmail-remote reads it; /etc/ssl/certs; /etc/resolv.conf
 *
 * Hosts in the order they would be tried: whether DNSSEC vouches for them, their TLSA records, the policy. With -v it connects to each, up to where mail would
 * begin, and shows certificates and what came of TLS.
 */
import { writeFd } from '../src/core/fdio.ts'
import { run } from '../src/core/run.ts'
import { systemResolvers } from '../src/net/secure-dns.ts'
import { tlsPolicy } from '../src/remote/tlspolicy.ts'

run('qmail-tlspolicy', (context) => tlsPolicy(context, systemResolvers(context.env), (line) => writeFd(1, line)))
