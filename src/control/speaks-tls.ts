/** Files of control/: where one of them is, qmail-remote says EHLO, and speaks TLS (spec modern.md 3.1). */
export const SPEAKS_TLS = ['esmtp', 'tlsdestinations', 'tlshosts', 'notlshosts', 'tlsclientciphers', 'clientcert.pem', 'domaincerts'] as const
