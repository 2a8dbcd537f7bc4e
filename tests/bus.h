/* A private dbus-daemon with a folder of its own, for tests.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon behind the names is tests/fakepins.c, started by hand or by the bus. Everything fails
 * the test that calls it when it can't be done. All processes end with the test program.
 */
#ifndef TESTS_BUS_H
#define TESTS_BUS_H

#include <stdbool.h>
#include <sys/types.h>

struct DBusConnection; /* DBusConnection, for those who include <dbus/dbus.h> */

struct test_bus {
  char dir[48];
  char socket[64];  /* where it listens */
  char address[80]; /* the same for D-Bus */
  char log[64];     /* what fakepins was asked */
  char mark[64];    /* a file for fakepins' once= */
  pid_t pid;        /* 0: not running */
};

/* Makes the folder and the configuration, and starts the bus. services: what the bus starts for
 * org.tlspin.Pins1 and org.tlspin.Admin1: fakepins with these arguments; NULL: nothing. */
void test_bus_start(struct test_bus *bus, const char *arguments);

/* Starts the bus again, at the same place, after test_bus_kill. */
void test_bus_restart(struct test_bus *bus);

/* Ends the bus by SIGKILL. */
void test_bus_kill(struct test_bus *bus);

/* Ends the bus and removes the folder. */
void test_bus_free(struct test_bus *bus);

/* A connection of its own to the bus; to be closed by test_bus_leave. */
struct DBusConnection *test_bus_join(const struct test_bus *bus);
void test_bus_leave(struct DBusConnection *connection);

/* Asks the bus something and waits for the answer: it answers in order, so that what was sent
 * before has gone its way by then. */
void test_bus_settle(struct DBusConnection *connection);

/* Starts fakepins by hand, and waits until it owns its names. "%log" and "%mark" in the arguments
 * stand for the files. To be ended by test_process_end. */
pid_t test_bus_daemon(struct test_bus *bus, const char *arguments);

/* Kills a process, also a stopped one, and waits for it. */
void test_process_end(pid_t pid);

/* Stops a process and waits until it is; test_process_go lets it go on. */
void test_process_stop(pid_t pid);
void test_process_go(pid_t pid);

/* Ends a forked child; code: 0 where all was well. A leak checker would complain about what the
 * threads held that are only in the parent, so that all is well with a child that ends by SIGKILL.
 */
void test_child_end(int code) __attribute__((noreturn));

/* Waits for the child; true where all was well. */
bool test_child_was_well(pid_t pid);

/* How many lines of the log start with the word. */
unsigned test_bus_calls(const struct test_bus *bus, const char *word);

/* The last line of the log that starts with the word, in a static buffer; "" where there is none.
 */
const char *test_bus_call(const struct test_bus *bus, const char *word);

/* Waits until the log has so many of these lines, for a minute at most. */
void test_bus_await_calls(const struct test_bus *bus, const char *word, unsigned count);

/* Milliseconds of CLOCK_MONOTONIC. */
long test_now(void);

#endif
