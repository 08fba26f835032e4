/** Recipients of a message that goes through the log; one with more is sorted into files anyway. */
export const MAX_LOG_RECIPIENTS = 20
/** Bytes of its envelope. */
export const MAX_LOG_ENVELOPE_BYTES = 24_576
/** Bytes of the message itself, at most; control/commitlog may say less. */
export const MAX_LOG_BYTES = 1 << 20
