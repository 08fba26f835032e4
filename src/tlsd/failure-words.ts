import { errorCode } from '../core/failure.ts'

/** The word the log has for a handshake that failed (spec modern.md 1.4). */
export type FailureWord = 'no_shared_cipher' | 'version' | 'bad_certificate' | 'timeout' | 'closed' | 'not_tls' | 'other'

const words: [RegExp, FailureWord][] = [
  [/NO_SHARED_CIPHER|NO_SUITABLE_SIGNATURE|NO_SUITABLE_KEY_SHARE|HANDSHAKE_FAILURE/, 'no_shared_cipher'],
  [/WRONG_VERSION_NUMBER|HTTP_REQUEST|HTTPS_PROXY_REQUEST|PACKET_LENGTH_TOO_LONG|UNEXPECTED_MESSAGE|BAD_RECORD_TYPE|RECORD_TOO_/, 'not_tls'],
  [/UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|PROTOCOL_VERSION|INAPPROPRIATE_FALLBACK/, 'version'],
  [/CERT|UNKNOWN_CA|ALERT_UNKNOWN/, 'bad_certificate'],
  [/TIMEOUT/, 'timeout'],
  [/ECONNRESET|EPIPE|ERR_STREAM|EOF|TLS_CLOSED/, 'closed']
]

/** What went wrong in a handshake: its word, and the code OpenSSL or the system has for it. */
export const failureOf = (error: unknown): { word: FailureWord; code: string } => {
  const code = errorCode(error) ?? 'other'
  return { word: words.find(([pattern]) => pattern.test(code))?.[1] ?? 'other', code }
}
