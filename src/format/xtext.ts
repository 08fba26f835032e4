import type { Bytes } from '../core/bytes.ts'

/** Is this xtext (RFC 3461, section 4): printable ASCII without `+` and `=`, and `+` with two hexadecimal digits? */
export const isXtext = (text: Bytes): boolean => /^(?:[!-*,-<>-~]|\+[0-9A-F]{2})*$/.test(text)

/** Any bytes as xtext. */
export const toXtext = (text: Bytes): Bytes =>
  text.replace(/[^!-*,-<>-~]/g, (character) => `+${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)

/** The bytes that xtext stands for. */
export const fromXtext = (text: Bytes): Bytes => text.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
