/* What a disk may hold after the power went.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * While a folder is watched, every call by which the program, SQLite or GLib changes something
 * below it is recorded (powerloss-calls.c): files that are made, written, cut, renamed and removed,
 * and what is synced. From that record any state can be made which the disk may be in if the power
 * goes after call n: what was synced before is there; of what was not, any part. So a file may hold
 * the later of two writes and not the earlier, half of one by sectors, or what was never written
 * where it grew; and a name may be there or not, until its folder was synced.
 *
 * What is to be tested needs nothing for that: a test lists tests/powerloss.c and
 * tests/powerloss-calls.c, lives in the watched folder, says after each change that must last
 * powerloss_acknowledge, and looks at the states that powerloss_make makes. One thread, no links.
 */
#ifndef POWERLOSS_H
#define POWERLOSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What became of what was not synced. */
enum powerloss_mode {
  POWERLOSS_NONE,    /* nothing of it is there */
  POWERLOSS_ALL,     /* all of it: the process was killed, and the power stayed */
  POWERLOSS_ORDERED, /* data as below; of the names as many as there is no gap between */
  POWERLOSS_SOME,    /* any of it, in any order */
  POWERLOSS_TORN, /* the same, and parts of a write: any of its sectors, and rubbish for others */
  POWERLOSS_MODES
};

struct powerloss {
  size_t calls; /* how many of the recorded calls were made before */
  enum powerloss_mode mode;
  uint32_t seed;
};

const char *powerloss_mode_token(enum powerloss_mode mode);

/* Watches a folder, with what is in it now, which is on the disk. */
void powerloss_watch(const char *folder);

/* While paused, the program may do anything outside of the folder, and nothing in it. */
void powerloss_pause(bool paused);

/* Ends the watching. Every file in the folder must be as the record says: a call that isn't
 * recorded would show, and the test fails. */
void powerloss_end(void);

/* Forgets the record. */
void powerloss_clear(void);

/* Whatever was done up to now must last. The number of these acknowledgements. */
size_t powerloss_acknowledge(void);

/* How many calls were recorded; how many acknowledgements had been given when the call of a number
 * was about to be made; which calls were made before acknowledgement n was given. */
size_t powerloss_calls(void);
size_t powerloss_acknowledged(size_t calls);
size_t powerloss_calls_of(size_t acknowledgement);

/* Makes the folder, which must not be there, with the files of a state. */
void powerloss_make(struct powerloss loss, const char *folder);

/* For a test of the tests: from now on nothing that is asked for by these calls happens, as if the
 * code had forgotten them. */
enum powerloss_forgotten {
  POWERLOSS_FORGETS_NOTHING,
  POWERLOSS_FORGETS_FILES,  /* fsync and fdatasync of files */
  POWERLOSS_FORGETS_FOLDERS /* fsync of folders */
};
void powerloss_forget(enum powerloss_forgotten forgotten);

#endif
