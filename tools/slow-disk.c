/*
 * A disk as slow as another machine's, for `make steady SLOW=1` (tools/steady.ts): loaded into every program of its tests, it makes the calls
 * that change a file system or wait for it take up to so many microseconds, now and then eight times as long. Programs that make their system
 * calls without the C library (Bun) are as fast as ever.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { SYNC_FILE = 12000, SYNC_ALL = 30000, CREATE = 3000, NAME = 3000, REMOVE = 1500 };

static void dawdle(unsigned most) {
  static __thread unsigned state;
  int kept = errno;
  struct timespec span;
  unsigned microseconds;
  if (state == 0) {
    clock_gettime(CLOCK_MONOTONIC, &span);
    state = ((unsigned)span.tv_nsec ^ (unsigned)getpid()) | 1;
  }
  state = state * 1103515245u + 12345u;
  microseconds = (state >> 20 & 127) == 0 ? most * 8 : (state >> 8) % most;
  span.tv_sec = microseconds / 1000000;
  span.tv_nsec = (long)(microseconds % 1000000) * 1000;
  nanosleep(&span, NULL);
  errno = kept;
}

#define SLOW(most, type, name, parameters, arguments)                                          \
  type name parameters {                                                                       \
    static type(*real) parameters;                                                             \
    if (!real) real = (type(*) parameters)dlsym(RTLD_NEXT, #name);                             \
    dawdle(most);                                                                              \
    return real arguments;                                                                     \
  }

SLOW(SYNC_FILE, int, fsync, (int fd), (fd))
SLOW(SYNC_FILE, int, fdatasync, (int fd), (fd))
SLOW(SYNC_ALL, int, syncfs, (int fd), (fd))
SLOW(NAME, int, rename, (const char *from, const char *to), (from, to))
SLOW(NAME, int, link, (const char *from, const char *to), (from, to))
SLOW(REMOVE, int, unlink, (const char *path), (path))

#define SLOW_OPEN(name)                                                                        \
  int name(const char *path, int flags, ...) {                                                 \
    static int (*real)(const char *, int, ...);                                                \
    mode_t mode = 0;                                                                           \
    if (flags & (O_CREAT | O_TMPFILE)) {                                                       \
      va_list rest;                                                                            \
      va_start(rest, flags);                                                                   \
      mode = va_arg(rest, mode_t);                                                             \
      va_end(rest);                                                                            \
    }                                                                                          \
    if (!real) real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name);                \
    if (flags & O_CREAT) dawdle(CREATE);                                                       \
    return real(path, flags, mode);                                                            \
  }

SLOW_OPEN(open)
SLOW_OPEN(open64)
