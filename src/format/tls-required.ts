import type { Bytes } from '../core/bytes.ts'

const FIELD = /^TLS-Required[ \t]*:(?:[ \t\r]|\n[ \t])*no[ \t\r]*(?:\n(?![ \t])|(?![\s\S]))/im

/** Does a header say `TLS-Required: No`: its sender wants the message to arrive whatever TLS there is (RFC 8689 5)? Any other value says nothing. */
export const waivesTls = (header: Bytes): boolean => FIELD.test(header)
