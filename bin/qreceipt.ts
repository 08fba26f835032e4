/**
 * NAME     qreceipt address: answers a request to be told of a delivery
 * RUNS AS  the recipient, from a line of .qmail
 * FDS      0< the message
 * ENV      SENDER: whom the notice goes to; QMAILQUEUE
 * EXIT     0 the notice is queued, or none was asked for; 100 usage, a request that cannot be parsed, or the queue refuses; 111 try again later
 * FILES    none
 *
 * The request is a field Notice-Requested-Upon-Delivery-To that lists the address.
 */
import { run } from '../src/core/run.ts'
import { receipt } from '../src/delivery/receipt.ts'

run('qreceipt', receipt)
