/* What kind of change a server's key underwent.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/change.h"

#include "tests/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { DAY = 86400, FROM = 1700000000, UNTIL = FROM + 90 * DAY, MIDDLE = FROM + 45 * DAY };

/* The old server; the same key certified anew; another key from the same authorities; and another
 * key from others. */
static struct path old, renewal, successor, stranger;
static struct chain renewed, succeeded, strange, seen_again;

static int set_up(void **state)
{
  struct pki_request request = {
      .purpose = PKI_SERVER, .name = "www.example.org", .not_before = FROM, .not_after = UNTIL};

  (void)state;
  path_make(&old, &request);
  path_make(&stranger, &request);
  path_make_below(&successor, &old, &request);
  request.key = old.identity[PATH_SERVER].key;
  path_make_below(&renewal, &old, &request);
  path_read(&old, PATH_SIZE, true, &seen_again);
  path_read(&renewal, PATH_SIZE, true, &renewed);
  path_read(&successor, PATH_SIZE, true, &succeeded);
  path_read(&stranger, PATH_SIZE, true, &strange);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  path_free(&renewal);
  path_free(&successor);
  path_free(&old);
  path_free(&stranger);
  return 0;
}

/* A learned pin of the path's server, seen in that path. Cleared by the caller. */
static struct keypin learned(const struct path *path, enum keypin_status status, size_t seen_of_it)
{
  static const struct place place = {
      .host = "www.example.org", .scope = SCOPE_EXACT, .protocol = PROTOCOL_TLS, .port = 443};
  struct keypin pin = keypin_new(&place, KEYPIN_PIN, status, KEYPIN_TOFU);
  uint8_t buffer[CHAIN_SEEN_MAX];
  struct writer w = writer_of(buffer, sizeof buffer);
  struct chain_seen seen;
  struct chain chain;

  path_pin(path, PATH_SERVER, SELECTOR_SPKI, MATCHING_SHA256, &pin);
  path_read(path, PATH_SIZE, true, &chain);
  assert_true(chain_see(&chain, &seen));
  seen.count = seen_of_it;
  assert_true(chain_seen_encode(&seen, &w));
  pin.seen = writer_span(&w);
  assert_true(keypin_own(&pin));
  return pin;
}

static enum change classify(const struct keypin *pin, struct chain *chain, bool proved, int64_t now)
{
  return change_classify(&pin, 1, chain, proved, now);
}

static void test_words(void **state)
{
  static const char *const tokens[CHANGES] = {"",       "same-key",   "seen-before", "same-issuer",
                                              "proved", "unexplained"};
  enum change change = CHANGE_NONE;

  (void)state;
  for (int i = 0; i < CHANGES; i++) {
    assert_string_equal(change_token((enum change)i), tokens[i]);
    assert_int_equal(change_from_token(tokens[i], &change), i != CHANGE_NONE);
    assert_int_equal(change, i);
    assert_int_equal(change_text((enum change)i)[0] == '\0', i == CHANGE_NONE);
  }
  assert_false(change_from_token("none", &change));
  assert_int_equal(change, CHANGE_UNEXPLAINED);
  assert_false(CHANGES_DEFAULT & (1 << CHANGE_UNEXPLAINED));
}

static void test_no_change(void **state)
{
  struct keypin pin = learned(&old, KEYPIN_ACTIVE, PATH_SIZE);

  (void)state;
  assert_int_equal(classify(&pin, &seen_again, false, MIDDLE), CHANGE_NONE);
  assert_int_equal(classify(&pin, &seen_again, true, MIDDLE), CHANGE_NONE);
  assert_int_equal(classify(&pin, &seen_again, false, UNTIL + 1), CHANGE_NONE);
  pin.seen.size--; /* damaged, as good as nothing */
  assert_int_equal(classify(&pin, &renewed, false, MIDDLE), CHANGE_NONE);
  pin.seen.size = 0; /* in which certificate isn't known: none that this one could differ from */
  assert_int_equal(classify(&pin, &renewed, false, MIDDLE), CHANGE_NONE);
  keypin_clear(&pin);
}

/* A raw key has no certificate that another one could differ from. */
static void test_seen_raw(void **state)
{
  struct keypin pin = learned(&old, KEYPIN_ACTIVE, PATH_SIZE);
  uint8_t buffer[CHAIN_SEEN_MAX];
  struct writer w = writer_of(buffer, sizeof buffer);
  struct chain_seen seen;
  struct chain raw;

  (void)state;
  path_read_raw(&old, &raw);
  assert_true(chain_see(&raw, &seen));
  assert_true(chain_seen_encode(&seen, &w));
  pin.seen = writer_span(&w);
  assert_int_equal(classify(&pin, &renewed, false, MIDDLE), CHANGE_NONE);
  assert_int_equal(classify(&pin, &strange, false, MIDDLE), CHANGE_UNEXPLAINED);
  keypin_clear(&pin);
}

static bool digest_keys_only(enum matching matching, struct span octets, uint8_t *digest)
{
  return span_equal(octets, renewal.spki[PATH_SERVER]) &&
         seen_again.digest(matching, octets, digest);
}

/* A certificate that can't be compared is another one. */
static void test_certificate_without_digest(void **state)
{
  struct keypin pin = learned(&old, KEYPIN_ACTIVE, PATH_SIZE);
  struct chain chain;

  (void)state;
  path_read(&old, PATH_SIZE, true, &chain);
  assert_int_equal(classify(&pin, &chain, false, MIDDLE), CHANGE_NONE);
  assert_int_equal(chain_read(old.certificate, PATH_SIZE, false, true, digest_keys_only, &chain),
                   CHAIN_FINE);
  assert_int_equal(classify(&pin, &chain, false, MIDDLE), CHANGE_SAME_KEY);
  keypin_clear(&pin);
}

static void test_same_key(void **state)
{
  struct keypin pin = learned(&old, KEYPIN_ACTIVE, PATH_SIZE);

  (void)state;
  assert_int_equal(classify(&pin, &renewed, false, MIDDLE), CHANGE_SAME_KEY);
  assert_int_equal(classify(&pin, &renewed, true, UNTIL), CHANGE_SAME_KEY);
  keypin_clear(&pin);
  pin = learned(&old, KEYPIN_ACTIVE, 1); /* seen without a path */
  assert_int_equal(classify(&pin, &renewed, false, MIDDLE), CHANGE_SAME_KEY);
  keypin_clear(&pin);
}

/* The key of another certificate that is still kept. */
static void test_several_active(void **state)
{
  struct keypin a = learned(&old, KEYPIN_ACTIVE, PATH_SIZE);
  struct keypin b = learned(&renewal, KEYPIN_ACTIVE, PATH_SIZE);
  struct keypin c = learned(&stranger, KEYPIN_ACTIVE, PATH_SIZE);
  const struct keypin *const known[] = {&c, &a, &b};

  (void)state;
  assert_int_equal(change_classify(known, 3, &seen_again, false, MIDDLE), CHANGE_NONE);
  assert_int_equal(change_classify(known, 3, &renewed, false, MIDDLE), CHANGE_NONE);
  assert_int_equal(change_classify(known, 2, &renewed, false, MIDDLE), CHANGE_SAME_KEY);
  assert_int_equal(change_classify(known, 3, &strange, false, MIDDLE), CHANGE_NONE);
  keypin_clear(&a);
  keypin_clear(&b);
  keypin_clear(&c);
}

/* At another level the pinned key may stand while the server's own changes. */
static void test_issuer_level(void **state)
{
  struct keypin pin = learned(&old, KEYPIN_ACTIVE, PATH_SIZE);

  (void)state;
  pin.level = KEYPIN_ISSUER;
  path_pin(&old, PATH_ISSUER, SELECTOR_SPKI, MATCHING_SHA256, &pin);
  assert_int_equal(classify(&pin, &seen_again, false, MIDDLE), CHANGE_NONE);
  assert_int_equal(classify(&pin, &succeeded, false, MIDDLE), CHANGE_SAME_KEY);
  assert_int_equal(classify(&pin, &strange, false, MIDDLE), CHANGE_UNEXPLAINED);
  keypin_clear(&pin);
}

static void test_seen_before(void **state)
{
  struct keypin active = learned(&old, KEYPIN_ACTIVE, PATH_SIZE);
  struct keypin history = learned(&stranger, KEYPIN_INACTIVE, PATH_SIZE);
  const struct keypin *const known[] = {&active, &history};

  (void)state;
  assert_int_equal(change_classify(known, 2, &strange, false, MIDDLE), CHANGE_SEEN_BEFORE);
  assert_int_equal(change_classify(known, 2, &strange, true, MIDDLE), CHANGE_SEEN_BEFORE);
  assert_int_equal(change_classify(known, 2, &seen_again, false, MIDDLE), CHANGE_NONE);
  assert_int_equal(change_classify(known, 2, &succeeded, false, MIDDLE), CHANGE_UNEXPLAINED);
  history.status = KEYPIN_ACTIVE; /* an active one that has expired is history, too */
  history.enforce_until = history.report_until = MIDDLE;
  assert_int_equal(change_classify(known, 2, &strange, false, MIDDLE), CHANGE_SEEN_BEFORE);
  assert_int_equal(change_classify(known, 2, &strange, false, MIDDLE - 1), CHANGE_NONE);
  history.status = KEYPIN_REJECTED;
  assert_int_equal(change_classify(known, 2, &strange, false, MIDDLE), CHANGE_UNEXPLAINED);
  keypin_clear(&active);
  keypin_clear(&history);
}

static void test_proved(void **state)
{
  struct keypin pin = learned(&old, KEYPIN_ACTIVE, PATH_SIZE);

  (void)state;
  assert_int_equal(classify(&pin, &strange, true, MIDDLE), CHANGE_PROVED);
  assert_int_equal(classify(&pin, &succeeded, true, UNTIL), CHANGE_PROVED);
  assert_int_equal(change_classify(NULL, 0, &strange, true, MIDDLE), CHANGE_PROVED);
  assert_int_equal(change_classify(NULL, 0, &strange, false, MIDDLE), CHANGE_UNEXPLAINED);
  keypin_clear(&pin);
}

/* A certificate of 90 days may be replaced in its last 30. */
static void test_same_issuer(void **state)
{
  struct keypin pin = learned(&old, KEYPIN_ACTIVE, PATH_SIZE);

  (void)state;
  assert_int_equal(classify(&pin, &succeeded, false, MIDDLE), CHANGE_UNEXPLAINED);
  assert_int_equal(classify(&pin, &succeeded, false, UNTIL - 30 * DAY - 1), CHANGE_UNEXPLAINED);
  assert_int_equal(classify(&pin, &succeeded, false, UNTIL - 30 * DAY), CHANGE_SAME_ISSUER);
  assert_int_equal(classify(&pin, &succeeded, false, UNTIL + 1000 * DAY), CHANGE_SAME_ISSUER);
  assert_int_equal(classify(&pin, &strange, false, UNTIL), CHANGE_UNEXPLAINED);
  keypin_clear(&pin);
}

/* Puts other times into the certificate that was seen first. */
static void set_times(struct keypin *pin, int64_t from, int64_t until)
{
  static uint8_t buffer[CHAIN_SEEN_MAX];
  struct writer w = writer_of(buffer, sizeof buffer);
  struct chain_seen seen;

  assert_true(chain_seen_decode(pin->seen, &seen));
  seen.at[0].not_before = from;
  seen.at[0].not_after = until;
  assert_true(chain_seen_encode(&seen, &w));
  pin->seen = writer_span(&w);
}

/* Who comes back after a long time finds a new certificate, as he should: nobody has been there
 * since the old one ended. */
static void test_long_absence(void **state)
{
  struct keypin pin = learned(&old, KEYPIN_ACTIVE, PATH_SIZE);
  struct keypin other = learned(&stranger, KEYPIN_ACTIVE, PATH_SIZE);
  const struct keypin *const known[] = {&other, &pin};

  (void)state;
  pin.last_seen = UNTIL - 1;
  assert_int_equal(classify(&pin, &succeeded, false, UNTIL + 180 * DAY), CHANGE_SAME_ISSUER);
  pin.last_seen = UNTIL + 90 * DAY; /* with this very key, by an exception */
  assert_int_equal(classify(&pin, &succeeded, false, UNTIL + 180 * DAY), CHANGE_SAME_ISSUER);
  other.last_seen = UNTIL; /* and not after it */
  assert_int_equal(change_classify(known, 2, &succeeded, false, UNTIL + 180 * DAY),
                   CHANGE_SAME_ISSUER);
  keypin_clear(&pin);
  keypin_clear(&other);
}

/* Two keys in use, of which one's certificate has ended long ago: it explains nothing any more once
 * the other was seen without it. */
static void test_two_keys_in_use(void **state)
{
  struct keypin kept = learned(&old, KEYPIN_ACTIVE, PATH_SIZE);
  struct keypin used = learned(&stranger, KEYPIN_ACTIVE, PATH_SIZE);
  const struct keypin *const known[] = {&kept, &used};
  const int64_t end = UNTIL + 30 * DAY;

  (void)state;
  used.last_seen = UNTIL + 1;
  assert_int_equal(change_classify(known, 2, &succeeded, false, UNTIL - 30 * DAY - 1),
                   CHANGE_UNEXPLAINED);
  assert_int_equal(change_classify(known, 2, &succeeded, false, UNTIL - 30 * DAY),
                   CHANGE_SAME_ISSUER);
  assert_int_equal(change_classify(known, 2, &succeeded, false, end), CHANGE_SAME_ISSUER);
  assert_int_equal(change_classify(known, 2, &succeeded, false, end + 1), CHANGE_UNEXPLAINED);
  assert_int_equal(change_classify(known, 2, &succeeded, false, INT64_MAX), CHANGE_UNEXPLAINED);
  used.status = KEYPIN_INACTIVE; /* what is but history is no witness */
  assert_int_equal(change_classify(known, 2, &succeeded, false, end + 1), CHANGE_SAME_ISSUER);
  used.status = KEYPIN_ACTIVE;
  used.enforce_until = used.report_until = end;
  assert_int_equal(change_classify(known, 2, &succeeded, false, end + 1), CHANGE_SAME_ISSUER);
  keypin_clear(&kept);
  keypin_clear(&used);
}

/* A key of the history that came back in its old certificate, and went again: both are active, and
 * the certificate of neither holds the door open for ever. */
static void test_key_that_came_back(void **state)
{
  struct keypin back = learned(&old, KEYPIN_ACTIVE, PATH_SIZE);
  struct keypin used = learned(&renewal, KEYPIN_ACTIVE, PATH_SIZE);
  const struct keypin *const known[] = {&back, &used};

  (void)state;
  path_pin(&stranger, PATH_SERVER, SELECTOR_SPKI, MATCHING_SHA256, &used);
  set_times(&used, UNTIL + 300 * DAY, UNTIL + 400 * DAY);
  back.last_seen = MIDDLE;
  used.last_seen = UNTIL + 330 * DAY;
  assert_int_equal(change_classify(known, 2, &succeeded, false, UNTIL + 330 * DAY),
                   CHANGE_UNEXPLAINED);
  assert_int_equal(change_classify(known, 2, &succeeded, false, UNTIL + 390 * DAY),
                   CHANGE_SAME_ISSUER); /* the one in use is due */
  assert_true(change_is_renewal(&used, known, 2, &succeeded, UNTIL + 390 * DAY));
  assert_false(change_is_renewal(&back, known, 2, &succeeded, UNTIL + 390 * DAY));
  assert_true(change_is_renewal(&back, known, 1, &succeeded, UNTIL + 390 * DAY));
  assert_false(change_is_renewal(&used, known, 2, &strange, UNTIL + 390 * DAY));
  keypin_clear(&back);
  keypin_clear(&used);
}

/* What isn't validated, and what is but history, explains nothing. */
static void test_same_issuer_not(void **state)
{
  struct keypin pin = learned(&old, KEYPIN_ACTIVE, PATH_SIZE);
  struct chain sent;

  (void)state;
  path_read(&successor, PATH_SIZE, false, &sent);
  assert_int_equal(classify(&pin, &sent, false, UNTIL), CHANGE_UNEXPLAINED);
  path_read_raw(&successor, &sent);
  assert_int_equal(classify(&pin, &sent, false, UNTIL), CHANGE_UNEXPLAINED);
  path_read(&successor, 1, true, &sent);
  assert_int_equal(classify(&pin, &sent, false, UNTIL), CHANGE_UNEXPLAINED);
  pin.status = KEYPIN_INACTIVE;
  assert_int_equal(classify(&pin, &succeeded, false, UNTIL), CHANGE_UNEXPLAINED);
  pin.status = KEYPIN_ACTIVE;
  pin.seen.size--; /* damaged */
  assert_int_equal(classify(&pin, &succeeded, false, UNTIL), CHANGE_UNEXPLAINED);
  keypin_clear(&pin);
  pin = learned(&old, KEYPIN_ACTIVE, 1);
  assert_int_equal(classify(&pin, &succeeded, false, UNTIL), CHANGE_UNEXPLAINED);
  keypin_clear(&pin);
}

/* A clock that stands still knows nothing of the time in which a server was certified anew; its
 * issuer does. Nobody gets a certificate of a time that is yet to come. */
static void test_issued_later(void **state)
{
  struct keypin pin = learned(&old, KEYPIN_ACTIVE, PATH_SIZE);
  struct path later, early;
  struct chain shown;
  struct pki_request request = {.purpose = PKI_SERVER,
                                .name = "www.example.org",
                                .not_before = UNTIL - 30 * DAY,
                                .not_after = UNTIL + 60 * DAY};

  (void)state;
  path_make_below(&later, &old, &request);
  request.not_before--;
  path_make_below(&early, &old, &request);
  path_read(&later, PATH_SIZE, true, &shown);
  assert_int_equal(classify(&pin, &shown, false, MIDDLE), CHANGE_SAME_ISSUER);
  assert_int_equal(classify(&pin, &shown, false, 0), CHANGE_SAME_ISSUER);
  path_read(&later, PATH_SIZE, false, &shown); /* nobody vouches for it */
  assert_int_equal(classify(&pin, &shown, false, MIDDLE), CHANGE_UNEXPLAINED);
  path_read(&early, PATH_SIZE, true, &shown);
  assert_int_equal(classify(&pin, &shown, false, MIDDLE), CHANGE_UNEXPLAINED);
  assert_int_equal(classify(&pin, &shown, false, UNTIL - 30 * DAY), CHANGE_SAME_ISSUER);
  path_free(&later);
  path_free(&early);
  keypin_clear(&pin);
}

/* Long and short lives, and times that make no sense. */
static void test_near_expiry(void **state)
{
  static const struct {
    int64_t from, until, first; /* the first moment of the last part */
  } cases[] = {
      {FROM, FROM + 3 * DAY, FROM + 2 * DAY},
      {FROM, FROM + 3650 * DAY, FROM + 3620 * DAY},
      {FROM, FROM + 6, FROM + 4},
      {FROM + 1, FROM + 1, FROM + 1},
      {FROM + 300 * DAY, FROM + 1, FROM + 1}, /* ends before it begins */
      {INT64_C(-62167219200), INT64_C(253402300799), INT64_C(253402300799) - 30 * DAY},
  };
  struct keypin pin = learned(&old, KEYPIN_ACTIVE, PATH_SIZE);

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    set_times(&pin, cases[i].from, cases[i].until);
    assert_int_equal(classify(&pin, &succeeded, false, cases[i].first), CHANGE_SAME_ISSUER);
    assert_int_equal(classify(&pin, &succeeded, false, cases[i].first - 1), CHANGE_UNEXPLAINED);
    assert_int_equal(classify(&pin, &succeeded, false, INT64_MIN), CHANGE_UNEXPLAINED);
    assert_int_equal(classify(&pin, &succeeded, false, INT64_MAX), CHANGE_SAME_ISSUER);
  }
  keypin_clear(&pin);
}

/* The issuer's key in another place of the new path, and the anchor's. */
static void test_ends_of_paths(void **state)
{
  struct keypin pin = learned(&old, KEYPIN_ACTIVE, PATH_SIZE);
  struct chain chain;
  struct span mixed[3] = {successor.certificate[0], stranger.certificate[1], old.certificate[2]};

  (void)state;
  assert_int_equal(chain_read(mixed, 3, false, true, succeeded.digest, &chain), CHAIN_FINE);
  assert_int_equal(classify(&pin, &chain, false, UNTIL), CHANGE_SAME_ISSUER); /* the anchor */
  mixed[2] = old.certificate[1];
  assert_int_equal(chain_read(mixed, 3, false, true, succeeded.digest, &chain), CHAIN_FINE);
  assert_int_equal(classify(&pin, &chain, false, UNTIL), CHANGE_SAME_ISSUER); /* the issuer, last */
  mixed[1] = old.certificate[1];
  mixed[2] = stranger.certificate[2];
  assert_int_equal(chain_read(mixed, 3, false, true, succeeded.digest, &chain), CHAIN_FINE);
  assert_int_equal(classify(&pin, &chain, false, UNTIL),
                   CHANGE_SAME_ISSUER); /* below another one */
  mixed[1] = stranger.certificate[1];
  assert_int_equal(chain_read(mixed, 3, false, true, succeeded.digest, &chain), CHAIN_FINE);
  assert_int_equal(classify(&pin, &chain, false, UNTIL), CHANGE_UNEXPLAINED);
  mixed[1] = old.certificate[0];
  assert_int_equal(chain_read(mixed, 3, false, true, succeeded.digest, &chain), CHAIN_FINE);
  assert_int_equal(classify(&pin, &chain, false, UNTIL), CHANGE_UNEXPLAINED); /* no authority */
  keypin_clear(&pin);
}

/* An authority that is the anchor itself. */
static void test_paths_of_two(void **state)
{
  struct keypin pin = learned(&old, KEYPIN_ACTIVE, 2);
  struct chain chain;

  (void)state;
  path_read(&successor, 2, true, &chain);
  assert_int_equal(classify(&pin, &chain, false, UNTIL), CHANGE_SAME_ISSUER);
  path_read(&stranger, 2, true, &chain);
  assert_int_equal(classify(&pin, &chain, false, UNTIL), CHANGE_UNEXPLAINED);
  keypin_clear(&pin);
}

/* A bare key has no certificate that could be new. */
static void test_raw(void **state)
{
  struct keypin pin = learned(&old, KEYPIN_ACTIVE, PATH_SIZE);
  struct chain raw;

  (void)state;
  path_read_raw(&old, &raw);
  assert_int_equal(classify(&pin, &raw, false, MIDDLE), CHANGE_NONE);
  path_read_raw(&stranger, &raw);
  assert_int_equal(classify(&pin, &raw, false, MIDDLE), CHANGE_UNEXPLAINED);
  raw.alone = true; /* nor has one that nobody knows */
  assert_int_equal(classify(&pin, &raw, false, MIDDLE), CHANGE_UNEXPLAINED);
  path_read_raw(&old, &raw);
  raw.alone = true;
  assert_int_equal(classify(&pin, &raw, false, MIDDLE), CHANGE_NONE);
  keypin_clear(&pin);
}

static bool no_digest(enum matching matching, struct span octets, uint8_t digest[CHAIN_DIGEST_MAX])
{
  (void)octets;
  (void)digest;
  return matching == MATCHING_COUNT;
}

static void test_no_digest(void **state)
{
  struct keypin pin = learned(&old, KEYPIN_ACTIVE, PATH_SIZE);
  struct chain chain;

  (void)state;
  path_read(&old, PATH_SIZE, true, &chain);
  chain.digest = no_digest;
  assert_int_equal(classify(&pin, &chain, false, UNTIL), CHANGE_UNEXPLAINED);
  keypin_clear(&pin);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_words),
      cmocka_unit_test(test_no_change),
      cmocka_unit_test(test_seen_raw),
      cmocka_unit_test(test_certificate_without_digest),
      cmocka_unit_test(test_same_key),
      cmocka_unit_test(test_several_active),
      cmocka_unit_test(test_issuer_level),
      cmocka_unit_test(test_seen_before),
      cmocka_unit_test(test_proved),
      cmocka_unit_test(test_same_issuer),
      cmocka_unit_test(test_long_absence),
      cmocka_unit_test(test_two_keys_in_use),
      cmocka_unit_test(test_key_that_came_back),
      cmocka_unit_test(test_same_issuer_not),
      cmocka_unit_test(test_issued_later),
      cmocka_unit_test(test_near_expiry),
      cmocka_unit_test(test_ends_of_paths),
      cmocka_unit_test(test_paths_of_two),
      cmocka_unit_test(test_raw),
      cmocka_unit_test(test_no_digest),
  };

  return cmocka_run_group_tests(tests, set_up, tear_down);
}
