/** One value of DER: its tag, where it begins and ends, and where what it holds begins. */
interface Value {
  tag: number
  content: number
  end: number
}

const valueAt = (der: Buffer, start: number): Value | undefined => {
  const [tag, first] = [der[start], der[start + 1]]
  if (tag === undefined || first === undefined) return undefined
  const digits = first < 0x80 ? 0 : first & 0x7f
  if (digits > 4 || start + 2 + digits > der.length) return undefined
  const content = start + 2 + digits
  const end = content + (digits === 0 ? first : der.readUIntBE(start + 2, digits))
  return first === 0x80 || end > der.length ? undefined : { tag, content, end }
}

const VERSION = 0xa0
/** serialNumber, signature, issuer, validity, subject (RFC 5280 4.1). */
const FIELDS_BEFORE_KEY = 5

/** The SubjectPublicKeyInfo of a certificate in DER, byte for byte as it stands there. Undefined: this is no certificate. */
export const keyOfCertificate = (certificate: Buffer): Buffer | undefined => {
  const outer = valueAt(certificate, 0)
  const body = outer && valueAt(certificate, outer.content)
  if (body === undefined) return undefined
  let at = body.content
  let value = valueAt(certificate, at)
  if (value?.tag === VERSION) at = value.end
  for (let left = FIELDS_BEFORE_KEY; left > 0; left--) {
    value = valueAt(certificate, at)
    if (value === undefined) return undefined
    at = value.end
  }
  value = valueAt(certificate, at)
  return value && value.end <= body.end ? certificate.subarray(at, value.end) : undefined
}
