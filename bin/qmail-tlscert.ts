/**
 * NAME     qmail-tlscert: makes, installs and lists certificates for TLS
 * RUNS AS  root
 * FDS      1> what there is, or was made; 2> why not
 * ENV      none
 * EXIT     0 done; 100 usage, or a certificate that cannot be used: all is as it was; 111 trouble, or (list) one that is there cannot be used
 * FILES    control/servercert.pem (with servercert-ecdsa.pem beside it: each for its kind of key), control/servercerts/NAME/: qmailt's, mode 0400
 *
 *   qmail-tlscert
 *   qmail-tlscert -s NAME ...
 *   qmail-tlscert -r NAME ...
 *   qmail-tlscert -i CHAIN KEY [NAME]
 * Without arguments it lists names, issuer and days left. -s makes a certificate that is signed by itself, unless there is one. -r makes NAME.key.pem and
 * NAME.csr.pem in the present folder, as any user: a key, and a request for an authority. -i checks chain and key and puts them in the place of those that are
 * there, in one step; a serverkey.pem goes, for the key is with its certificate then.
 */
import { tlscert } from '../src/admin/tlscert/tlscert.ts'
import { run } from '../src/core/run.ts'

run('qmail-tlscert', tlscert)
