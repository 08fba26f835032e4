/** The variables qmail-local sets that programs of .qmail lines use, for a message from s@h.example to joe@ex.org. */
export const deliveryEnv: Record<string, string> = {
  SENDER: 's@h.example',
  NEWSENDER: 'new@h.example',
  RECIPIENT: 'joe@ex.org',
  LOCAL: 'joe',
  USER: 'joe',
  HOST: 'ex.org',
  DTLINE: 'Delivered-To: joe@ex.org\n',
  RPLINE: 'Return-Path: <s@h.example>\n',
  UFLINE: 'From s@h.example Fri Nov 20 00:00:00 1998\n'
}
