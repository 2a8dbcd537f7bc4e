/* A court whose verdicts are expected: see trial.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/trial.h"

struct path rogue;

int trial_set_up(void **state)
{
  path_make(&rogue, NULL);
  return court_set_up(state);
}

int trial_tear_down(void **state)
{
  path_free(&rogue);
  return court_tear_down(state);
}

void show_rogue(void)
{
  path_read(&rogue, PATH_SIZE, true, &court.chain);
}

void expect(enum tlspin_code answer, enum verdict_reason reason, int decided_by, unsigned rule)
{
  court_judge();
  if (court.out.answer != answer || court.out.reason != reason ||
      court.out.decided_by != decided_by || court.out.rule != rule)
    fail_msg("%s, %s by %d, rule %u", tlspin_code_token(court.out.answer),
             verdict_reason_token(court.out.reason), court.out.decided_by, court.out.rule);
  if (answer != TLSPIN_MISMATCH)
    assert_true(court.out.enforced);
  if (answer == TLSPIN_MISMATCH || answer == TLSPIN_UNAVAILABLE || answer == TLSPIN_OPTED_OUT)
    assert_false(court.out.learn);
}

void expect_mismatch(enum verdict_reason reason, int decided_by, unsigned rule, bool enforced)
{
  expect(TLSPIN_MISMATCH, reason, decided_by, rule);
  assert_int_equal(court.out.enforced, enforced);
}

void report_only(struct keypin *pin)
{
  pin->enforce_until = 0;
}

void expire(struct keypin *pin)
{
  pin->enforce_until = pin->report_until = COURT_NOW;
}

void see(struct keypin *pin, const struct path *of)
{
  uint8_t buffer[CHAIN_SEEN_MAX];
  struct writer w = writer_of(buffer, sizeof buffer);
  struct chain_seen seen;
  struct chain chain;

  path_read(of, PATH_SIZE, true, &chain);
  assert_true(chain_see(&chain, &seen));
  assert_true(chain_seen_encode(&seen, &w));
  pin->seen = writer_span(&w);
  assert_true(keypin_own(pin));
}
