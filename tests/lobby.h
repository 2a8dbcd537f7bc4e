/* Callers of the daemon's methods who are answered later: what tests/counter.h has, with a keeper
 * of backups behind it, and a bus over which replies and signals come.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   struct lobby lobby;
 *   lobby_open(&lobby, strata);
 *   lobby_expect(&lobby, "Doctor", "b", "1", "path=...");
 */
#ifndef LOBBY_H
#define LOBBY_H

#include "tests/bus.h"
#include "tests/counter.h"

struct lobby {
  struct counter counter;
  struct test_bus bus;
  DBusConnection *daemon, *caller;
  dbus_uint32_t serial; /* of the last call */
  GQueue replies;       /* that came, and nobody has asked for yet */
  GString *signals;     /* their names and what they say, since lobby_expect_signals */
};

void lobby_open(struct lobby *lobby, struct strata *strata);
void lobby_close(struct lobby *lobby);

/* What the daemon does with those who wait for the keeper, when it is to leave. */
void lobby_leave(struct lobby *lobby);

/* Serves a call, as of counter_ask; its number. */
dbus_uint32_t lobby_call(struct lobby *lobby, const char *method, const char *signature,
                         const char *words);

/* Waits for the reply to it, whether others come before it or not; to be freed by free. */
char *lobby_answer(struct lobby *lobby, dbus_uint32_t call);
void lobby_expect_answer(struct lobby *lobby, dbus_uint32_t call, const char *expected);
void lobby_expect_error(struct lobby *lobby, dbus_uint32_t call, const char *error,
                        const char *text);

/* Both in one. */
void lobby_expect(struct lobby *lobby, const char *method, const char *signature, const char *words,
                  const char *expected);
void lobby_refuse(struct lobby *lobby, const char *method, const char *signature, const char *words,
                  const char *error, const char *text);

/* The signals that came with the replies since then must be these: "Changed cleared", with commas.
 */
void lobby_expect_signals(struct lobby *lobby, const char *expected);

#endif
