/**
 * NAME     preline [-frdFRD] program [arg ...]: runs a program that expects a From_ line before the message
 * RUNS AS  the recipient, from a line of .qmail
 * FDS      0< the message; the program reads a pipe with UFLINE, RPLINE, DTLINE, then the message
 * ENV      UFLINE, RPLINE, DTLINE; all of it goes to the program; PATH finds it
 * EXIT     0 success, or any code of the program's; 100 usage, or there is no such program; 111 it was killed, or left a large message unread
 * FILES    none
 *
 * -f, -r, -d leave out the From_, the Return-Path, the Delivered-To line; the capital letters put it back.
 */
import { run } from '../src/core/run.ts'
import { preline } from '../src/delivery/preline.ts'

run('preline', preline)
