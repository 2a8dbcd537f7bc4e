/* Everything that is asked of the system fails, one call after the other, once and ever after.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Of the C library where our own code calls it (by the linker's --wrap: $(mishap_ldflags)), of
 * SQLite's file system (by a VFS in front of the real one), or of SQLite's allocator. */
#ifndef MISHAP_H
#define MISHAP_H

#include "tests/stores.h"

enum mishap { MISHAP_NONE, MISHAP_LIBC, MISHAP_FILES, MISHAP_MEMORY };

/* For the group of tests. */
int mishap_setup(void **state);

/* Leads a life again and again, each in a folder of its own. In round k the call `step` * k fails,
 * and all that come after it unless it is to fail once, until none does in the whole life. Of the
 * many allocations only some fail, so that the test ends: eleven times as many in a full run, and
 * with STORE_FAULTS=all in the environment each does. A failure is printed with what leads that
 * life alone: STORE_FAULTS='files once 132', or 'after' for ever after. */
void mishap_run(enum mishap mishap, bool once, long step, void (*life)(struct stores *stores));

/* Does it six times: steps[0] of what C library functions, steps[1] of what files and steps[2] of
 * what memory is asked for, the first number of each where a call fails once, the second where all
 * that come after it do. */
void mishap_run_all(const long steps[3][2], void (*life)(struct stores *stores));

/* Another way to end: what is led between the two others is led in a process that is killed at any
 * moment of it, so many times. Prints the seed of the moments, TESTS_SEED=.... */
struct mishap_life {
  void (*prepare)(struct stores *stores);
  void (*lead)(struct stores *stores);
  void (*check)(struct stores *stores);
};
void mishap_kill(uint64_t times, const struct mishap_life *life);

/* How many lives were led, and how many were ended by a kill. */
unsigned mishap_lives(void);
unsigned mishap_kills(void);

/* Nothing fails any more, until it goes on. */
enum mishap mishap_pause(void);
void mishap_resume(enum mishap mishap);

#endif
