/** The result of one delivery attempt: kind, enhanced status code (RFC 3463) and text for people, kept apart. */
export type Outcome =
  | { kind: 'ok'; status: `2.${number}.${number}`; text: string }
  | { kind: 'temporary'; status: `4.${number}.${number}`; text: string }
  | { kind: 'permanent'; status: `5.${number}.${number}`; text: string }
