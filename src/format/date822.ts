const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
const two = (n: number): string => String(n).padStart(2, '0')
const clock = (d: Date): string => `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`

/** `20 Nov 2026 21:04:47`, UTC, day not padded; callers add the zone word. */
export const dateText = (milliseconds: number): string => {
  const d = new Date(milliseconds)
  return `${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]} ${d.getUTCFullYear()} ${clock(d)}`
}

/** `20 Nov 2026 21:04:47 -0000`: the date of generated header fields. */
export const date822 = (milliseconds: number): string => `${dateText(milliseconds)} -0000`

/** `20261120210447`, UTC: the time within a Message-ID of ours. */
export const dateStamp = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\..*|[^0-9]/g, '')

/** `Fri Nov 20 21:06:06 2026`, UTC, day padded with zero: the date of an mbox From_ line. */
export const dateMbox = (milliseconds: number): string => {
  const d = new Date(milliseconds)
  return `${DAYS[d.getUTCDay()]} ${MONTHS[d.getUTCMonth()]} ${two(d.getUTCDate())} ${clock(d)} ${d.getUTCFullYear()}`
}

/** `Fri, 20 Nov 2026 21:06:20 +0000`: the date of the fields of a delivery report (RFC 5322, section 3.3). */
export const dateMime = (milliseconds: number): string => {
  const d = new Date(milliseconds)
  return `${DAYS[d.getUTCDay()]}, ${two(d.getUTCDate())} ${MONTHS[d.getUTCMonth()]} ${d.getUTCFullYear()} ${clock(d)} +0000`
}
