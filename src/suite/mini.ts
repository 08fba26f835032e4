import type { ProgramName } from './programs.ts'

/** What a host without a queue has (spec network.md 5.3): programs that make mail, and qmail-qmqpc, which is its qmail-queue too. */
export const miniPrograms: readonly ProgramName[] = ['qmail-qmqpc', 'qmail-inject', 'sendmail', 'forward', 'qmail-showctl', 'maildirmake', 'maildir2mbox']

/** The folders of such an installation, all root's. */
export const MINI_FOLDERS = ['.', 'bin', 'lib', 'control', 'doc', 'man'] as const
