/* T9: the computer's clock jumps, and comes back or stays. No pin is lost by it, no impostor is
 * accepted, and the server is met: with the real daemon, whole handshakes and the methods.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon is told what its clock says by its option --clock, and in some tests for how long the
 * computer has run; programs go by the computer's. A jump of which both know is one whose beginning
 * is a little off. */
#include "config.h"

#include "tests/folder.h"
#include "tests/full.h"
#include "tests/pinned.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HOUR  ((int64_t)3600)
#define DAY   (24 * HOUR)
#define OTHER "other.example"

/* What a server is pinned by. */
enum pinned_by { BY_TICKET, BY_KEY, BY_ENDING, PINNED_BY };

/* From where to where, in seconds since 1970. */
struct jump {
  const char *name;
  int64_t from, to;
  bool shared; /* the programs' clock is where it jumps to, all the time */
};

static struct {
  uint64_t jumps, refused, met, undone;
} told;

static const char *seed_text = "";
static const struct jump *failing; /* whose part of the test is under way */

#define SAY(condition)                                                                             \
  do {                                                                                             \
    if (!(condition))                                                                              \
      fail_msg("%s%s: %s (line %d)", failing->name, seed_text, #condition, __LINE__);              \
  } while (0)

static int count_one(const tlspin_entry_t *entry, void *data)
{
  (void)entry;
  ++*(unsigned *)data;
  return 0;
}

static unsigned count_entries(struct stage *stage)
{
  unsigned count = 0;

  SAY(tlspin_list(stage->context, NULL, count_one, &count) == TLSPIN_OK);
  return count;
}

/* Dead, though whoever started it may not have noticed. */
static bool is_dead(pid_t pid)
{
  char path[32], line[256];
  const char *state = NULL;
  FILE *file;

  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  file = fopen(path, "re");
  if (file == NULL)
    return true;
  if (fgets(line, sizeof line, file) != NULL)
    state = strrchr(line, ')');
  fclose(file);
  return state == NULL || state[2] == 'Z';
}

/* Waits until it has written what it had to write. */
static void end_daemon(struct stage *stage, int number)
{
  pid_t pid = desk_daemon(&stage->desk);

  if (pid == 0)
    return;
  desk_kill(&stage->desk, number);
  while (!is_dead(pid))
    usleep(1000);
}

/* Nothing was ever stored. */
static void start_anew(struct stage *stage)
{
  char folder[64];

  snprintf(folder, sizeof folder, "%s", stage->desk.store);
  *strrchr(folder, '/') = '\0';
  end_daemon(stage, SIGTERM);
  folder_remove(folder);
}

static struct stand_request honest(struct stage *stage, enum pinned_by by)
{
  return by == BY_TICKET ? stage_server(stage) : pinned_server(stage, PKI_ECDSA);
}

/* Pins the server, at the time from which the clock will jump. */
static void pin(struct stage *stage, enum pinned_by by, int64_t now)
{
  struct stand_request server = honest(stage, by);
  struct visit_request client = stage_client(stage);
  struct tlspin_record record = pinned_record("critical", &stage->servers[PKI_ECDSA]);

  if (by == BY_ENDING) {
    record.expires = (uint64_t)(now + 10 * DAY);
    pinned_put(stage, &record);
  } else if (by == BY_TICKET) {
    meet_first(&client, &server);
    meet_again(&client, &server);
  } else {
    pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  }
}

/* What can be taken back: a record that was cleared. Returns the number of the operation. */
static uint64_t clear_other(struct stage *stage)
{
  const struct tlspin_filter filter = {.host = OTHER};
  struct tlspin_record record = pinned_record("critical", &stage->servers[PKI_RSA]);
  struct tlspin_change change = {0};

  record.host = OTHER;
  pinned_put(stage, &record);
  SAY(tlspin_clear(stage->context, &filter, &change) == TLSPIN_OK);
  return change.operation;
}

static void take_back(struct stage *stage, uint64_t operation)
{
  unsigned before = count_entries(stage);
  struct tlspin_change change = {0};

  SAY(tlspin_undo(stage->context, operation, &change) == TLSPIN_OK);
  SAY(count_entries(stage) == before + 1);
  SAY(tlspin_undo(stage->context, change.operation, &change) == TLSPIN_OK);
  SAY(count_entries(stage) == before);
  told.undone++;
}

static void refuse_impostor(struct stage *stage)
{
  struct stand_request impostor = pinned_server(stage, PKI_RSA);
  struct visit_request client = stage_client(stage);
  struct meeting met;

  meet(&client, &impostor, &met);
  if (met.visit.finished != TLSPIN_MISMATCH)
    print_error("the answer was %s\n", tlspin_code_token((enum tlspin_code)met.visit.answer));
  SAY(met.visit.finished == TLSPIN_MISMATCH);
  SAY(met.visit.handshake < 0);
  SAY(met.stand.received == 0);
  told.refused++;
}

static void meet_honest(struct stage *stage, enum pinned_by by)
{
  struct stand_request server = honest(stage, by);
  struct visit_request client = stage_client(stage);
  struct meeting met;

  meet(&client, &server, &met);
  if (met.visit.finished != TLSPIN_OK)
    print_error("%s: %s\n", failing->name, met.visit.message);
  SAY(met.visit.finished == TLSPIN_OK);
  SAY(met.visit.conversed);
  SAY(by != BY_TICKET || met.visit.proved);
  told.met++;
}

static void expect_clock(struct stage *stage, bool suspect, int64_t believed)
{
  tlspin_status_t *status = NULL;
  const char *clock;

  SAY(tlspin_status(stage->context, &status) == TLSPIN_OK);
  clock = tlspin_status_string(status, "clock");
  SAY(clock != NULL && strcmp(clock, suspect ? "suspect" : "ok") == 0);
  SAY(tlspin_status_number(status, "believed") == believed);
  SAY((tlspin_status_number(status, "clock-trusted") > 0) == suspect);
  tlspin_status_free(status);
}

/* What has to hold whatever the clock says. */
static void check(struct stage *stage, enum pinned_by by, unsigned entries, uint64_t operation)
{
  SAY(count_entries(stage) == entries);
  refuse_impostor(stage);
  meet_honest(stage, by);
  refuse_impostor(stage);
  take_back(stage, operation);
  SAY(count_entries(stage) == entries);
}

static bool is_right(const struct jump *jump)
{
  return jump->to >= jump->from - 600 && jump->to <= jump->from + 30 * DAY;
}

/* One jump and the way back, with or without a restart at each. */
static void live_through(struct stage *stage, const struct jump *jump, enum pinned_by by,
                         bool restart)
{
  /* Else a program that is ahead believes that the pin has ended. */
  bool agreed = by != BY_ENDING || !jump->shared;
  uint64_t operation;
  unsigned entries, events;

  failing = jump;
  told.jumps++;
  start_anew(stage);
  desk_set_clock(&stage->desk, jump->from);
  pin(stage, by, jump->from);
  if (agreed)
    refuse_impostor(stage);
  operation = clear_other(stage);
  entries = count_entries(stage);
  events = pinned_events(stage, NULL, NULL);
  SAY(events > 0 || !agreed);
  desk_set_clock(&stage->desk, jump->to);
  if (restart)
    end_daemon(stage, SIGTERM);
  check(stage, by, entries, operation);
  SAY(pinned_events(stage, NULL, NULL) >= events);
  expect_clock(stage, !is_right(jump),
               is_right(jump) && jump->to > jump->from ? jump->to : jump->from);
  if (restart)
    end_daemon(stage, SIGKILL);
  check(stage, by, entries, operation);
  desk_set_clock(&stage->desk, jump->from + 60);
  if (restart)
    end_daemon(stage, SIGTERM);
  SAY(count_entries(stage) == entries);
  if (agreed)
    check(stage, by, entries, operation);
  expect_clock(stage, false, jump->from + 60);
}

enum { JUMPS = 9 };

static void fill_jumps(struct jump jumps[JUMPS])
{
  const int64_t now = time(NULL);

  jumps[0] = (struct jump){"the clock at 1970", now, 0};
  jumps[1] = (struct jump){"31 days ahead, as the programs' is", now - 31 * DAY - HOUR, now, true};
  jumps[2] = (struct jump){"a day back", now, now - DAY};
  jumps[3] = (struct jump){"a day back, as the programs' is", now + DAY, now, true};
  jumps[4] = (struct jump){"31 days ahead", now, now + 31 * DAY};
  jumps[5] = (struct jump){"the clock at 2036", now, INT64_C(2082758400)};
  jumps[6] = (struct jump){"the clock in 2038, beyond 32 bits", now, INT64_C(2147483648)};
  jumps[7] = (struct jump){"the clock at 9999", now, KEYPIN_FOREVER};
  jumps[8] = (struct jump){"the clock beyond 9999", now, KEYPIN_FOREVER + 1};
}

static void test_jumps(void **state)
{
  unsigned most = (unsigned)full_count(3, JUMPS, JUMPS);
  struct jump jumps[JUMPS];

  fill_jumps(jumps);
  for (unsigned i = 0; i < most; i++)
    for (int by = 0; by < PINNED_BY; by++)
      for (int restart = 0; restart < 2; restart++)
        if (full_asked() || (i + (unsigned)by + (unsigned)restart) % 2 == 0)
          live_through(*state, &jumps[i], (enum pinned_by)by, restart != 0);
}

static uint64_t next(uint64_t *seed)
{
  *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *seed >> 33;
}

/* A clock that goes mad: one jump after the other, and right again in the end. */
static void go_mad(struct stage *stage, uint64_t *seed, enum pinned_by by)
{
  struct jump jumps[JUMPS], here;
  uint64_t operation;
  unsigned entries;

  fill_jumps(jumps);
  here = (struct jump){"one jump after the other", time(NULL), 0};
  failing = &here;
  start_anew(stage);
  desk_set_clock(&stage->desk, here.from);
  pin(stage, by, here.from);
  operation = clear_other(stage);
  entries = count_entries(stage);
  for (int i = 0; i < 6; i++) {
    const struct jump *jump = &jumps[next(seed) % JUMPS];

    told.jumps++;
    desk_set_clock(&stage->desk,
                   jump->to - (int64_t)(next(seed) % 2) * (int64_t)(next(seed) % (11 * HOUR)));
    if (next(seed) % 3 == 0)
      end_daemon(stage, next(seed) % 2 == 0 ? SIGTERM : SIGKILL);
    if (next(seed) % 2 == 0)
      check(stage, by, entries, operation);
    else
      SAY(count_entries(stage) == entries);
  }
  desk_set_clock(&stage->desk, here.from + 60);
  check(stage, by, entries, operation);
}

/* No jump of these is right, but those to where it was, nor is it steady for a day, so that nothing
 * may end. */
static void test_mad_clock(void **state)
{
  const char *given = getenv("TESTS_SEED");
  uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
  uint64_t rounds = full_count(1, 3, 200);
  static char text[64];

  for (uint64_t i = 0; i < rounds; i++) {
    uint64_t own = seed + i;

    snprintf(text, sizeof text, " (TESTS_SEED=%" PRIu64 ")", own);
    seed_text = text;
    go_mad(*state, &own, (enum pinned_by)(own % PINNED_BY));
  }
  seed_text = "";
}

/* What the clock says that many hours after a jump, and the computer has run for as long. */
static void pass_hours(struct stage *stage, const struct jump *jump, int hours)
{
  desk_set_clocks(&stage->desk, jump->to + hours * HOUR, 1000 + hours * HOUR, 1);
}

/* After a day of steady progress the time is believed, and what has ended by it has; but it is
 * there still, and a learned key doesn't end. */
static void test_believed_in_the_end(void **state)
{
  struct stage *stage = *state;
  const struct jump jump = {"31 days ahead for a day", time(NULL), time(NULL) + 31 * DAY + HOUR};
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  tlspin_entry_t *entry = NULL;
  struct meeting met;
  unsigned entries;

  failing = &jump;
  start_anew(stage);
  desk_set_clocks(&stage->desk, jump.from, 1000, 1);
  pin(stage, BY_TICKET, jump.from);
  entries = count_entries(stage);
  for (int hours = 0; hours < 24; hours += 8) {
    pass_hours(stage, &jump, hours);
    expect_clock(stage, true, jump.from);
    if (hours == 8)
      end_daemon(stage, SIGTERM);
    SAY(tlspin_lookup(stage->context, STAGE_HOST, "tls", VISIT_PORT, &entry) == TLSPIN_MATCH);
    tlspin_entry_free(entry);
  }
  pass_hours(stage, &jump, 24);
  expect_clock(stage, false, jump.to + DAY);
  SAY(tlspin_lookup(stage->context, STAGE_HOST, "tls", VISIT_PORT, &entry) == TLSPIN_NO_PIN);
  SAY(count_entries(stage) == entries);
  refuse_impostor(stage); /* another key than the learned one */
  meet_honest(stage, BY_KEY);
  meet(&client, &server, &met);
  SAY(met.visit.finished == TLSPIN_OK);
  meet_again(&client, &server);
}

/* Whoever can set the clock sets it on and on, and the daemon comes and goes, and so does the
 * computer: in a few seconds of running time no trial is over, and no more than thirty days have
 * passed in all. A pin that ends a day later is in force. */
static void set_on_and_on(struct stage *stage, int64_t size, bool restart)
{
  const struct jump jump = {"one step ahead after the other", time(NULL), 0};
  struct tlspin_record record = pinned_record("critical", &stage->servers[PKI_ECDSA]);
  const int64_t most = 30 * DAY / size;
  unsigned entries, boot = 1;

  failing = &jump;
  start_anew(stage);
  desk_set_clocks(&stage->desk, jump.from, 1000, boot);
  record.expires = (uint64_t)(jump.from + 31 * DAY);
  pinned_put(stage, &record);
  entries = count_entries(stage);
  for (int64_t i = 1; i * size < 120 * DAY; i++) {
    boot += restart;
    desk_set_clocks(&stage->desk, jump.from + i * size, 1000 + i, boot);
    if (i % 2 == 0)
      end_daemon(stage, SIGTERM);
    expect_clock(stage, i > most, jump.from + (i < most ? i : most) * size);
    told.jumps++;
  }
  SAY(count_entries(stage) == entries);
  refuse_impostor(stage);
  meet_honest(stage, BY_KEY);
  desk_set_clocks(&stage->desk, jump.from + 60, 1500, boot);
  refuse_impostor(stage);
  expect_clock(stage, true, jump.from + most * size);
  SAY(count_entries(stage) == entries);
}

static void test_on_and_on(void **state)
{
  set_on_and_on(*state, 29 * DAY, false);
  set_on_and_on(*state, 29 * DAY, true);
  if (full_count(0, 1, 1) == 0)
    return;
  set_on_and_on(*state, 7 * DAY, false);
  set_on_and_on(*state, 7 * DAY, true);
}

/* A pin that had ended before the clock went back: nobody knows whether it has. Who is careful goes
 * no further; who isn't is told, and nobody takes the pin's place. */
static void test_in_doubt(void **state)
{
  struct stage *stage = *state;
  const struct jump jump = {"back before the end of a pin", time(NULL), time(NULL) + 20 * DAY};
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       impostor = pinned_server(stage, PKI_RSA);
  struct visit_request client = stage_client(stage);
  struct meeting met;
  unsigned entries;

  failing = &jump;
  start_anew(stage);
  desk_set_clock(&stage->desk, jump.from);
  pin(stage, BY_ENDING, jump.from);
  entries = count_entries(stage);
  desk_set_clock(&stage->desk, jump.to);
  expect_clock(stage, false, jump.to);
  desk_set_clock(&stage->desk, jump.from);
  expect_clock(stage, true, jump.to);
  client.flags = TLSPIN_STRICT;
  for (int i = 0; i < 2; i++) {
    meet(&client, i == 0 ? &server : &impostor, &met);
    SAY(met.visit.finished == TLSPIN_CLOCK_SUSPECT);
    SAY(met.stand.received == 0);
  }
  client.flags = 0;
  meet(&client, &server, &met);
  SAY(met.visit.finished == TLSPIN_OK);
  SAY(met.visit.answer == TLSPIN_CLOCK_SUSPECT);
  SAY(count_entries(stage) == entries);
  SAY(pinned_count(stage, "tofu", NULL) == 0);
  desk_set_clock(&stage->desk, jump.to);
  meet(&client, &server, &met);
  SAY(met.visit.finished == TLSPIN_OK && met.visit.answer == TLSPIN_NO_PIN);
  SAY(pinned_count(stage, "tofu", NULL) == 1);
}

/* A computer whose battery is empty starts in 1970: what is learned then is there when its clock is
 * set. */
static void test_first_start_in_1970(void **state)
{
  struct stage *stage = *state;
  const struct jump jump = {"the first start in 1970", 100, time(NULL)};

  failing = &jump;
  start_anew(stage);
  desk_set_clock(&stage->desk, jump.from);
  pin(stage, BY_KEY, jump.from);
  refuse_impostor(stage);
  desk_set_clock(&stage->desk, jump.to);
  expect_clock(stage, false, jump.to);
  refuse_impostor(stage);
  meet_honest(stage, BY_KEY);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_jumps),
      cmocka_unit_test(test_mad_clock),
      cmocka_unit_test(test_believed_in_the_end),
      cmocka_unit_test(test_on_and_on),
      cmocka_unit_test(test_in_doubt),
      cmocka_unit_test(test_first_start_in_1970),
  };
  int failed = cmocka_run_group_tests(tests, stage_open, stage_close);

  full_say("T9",
           "clock at 1970, -1 day, +31 days, 2036, and back: no pin deleted, no impostor accepted",
           failed == 0,
           "%" PRIu64 " jumps: no pin deleted, %" PRIu64
           " impostors refused, the server met %" PRIu64 " times, %" PRIu64 " undos",
           told.jumps, told.refused, told.met, told.undone);
  return failed;
}
