/* Which time is believed: see clock.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/clock.h"

#include "daemon/row.h"
#include "daemon/state.h"

#include <glib.h>

enum { FORM = 1, HOUR = 3600 };

static const char row_name[] = CLOCK_ROW;

static bool has_jumped(int64_t before, int64_t now)
{
  return now < before - CLOCK_TOLERANCE || now > before + CLOCK_JUMP;
}

static void trust(struct clock_guard *guard, int64_t now)
{
  guard->mark = now;
  guard->suspect = false;
  guard->since = guard->steady = 0;
}

static void begin_trial(struct clock_guard *guard, int64_t now)
{
  guard->suspect = true;
  guard->since = now;
  guard->steady = 0;
}

/* Rules 3 and 4. */
static void go_on_trial(struct clock_guard *guard, int64_t now)
{
  if (has_jumped(guard->seen, now)) {
    begin_trial(guard, now);
    return;
  }
  if (now > guard->seen)
    guard->steady += MIN(now - guard->seen, CLOCK_STEP);
  if (guard->steady < CLOCK_TRIAL)
    return;
  guard->era += now < guard->mark;
  trust(guard, now);
}

/* The first rule that applies:
 *
 * 1. A clock that is no more than ten minutes behind the mark, and no more than 30 days ahead of
 * it, is right. The mark follows it, but never goes back: what is believed is the mark.
 * 2. Any other has jumped. It is suspect from now on, and the mark stands still, so that nothing
 * ends and nothing is deleted for its age. The computer may have been off for longer than 30 days:
 * that can't be told from a clock that was set wrong.
 * 3. While it is suspect it is on trial: what passes between two askings is counted, but of a step
 * no more than twelve hours, so that no single one is the whole trial. Where it is set back by more
 * than ten minutes, or ahead by more than 30 days, the trial begins anew.
 * 4. After 24 hours of trial it is believed, be it ahead of the mark or behind.
 * 5. A clock that comes back to where it would be right is trusted at once (rule 1).
 *
 * A new store's mark is the date before which there was no tlspin: a clock that begins in 1970 is
 * suspect, and any that is later than the date is right. Times that can't be stored are the nearest
 * that can: one beyond them never goes on. */
void clock_believe(struct clock_guard *guard, int64_t now)
{
  bool fresh = guard->mark == CLOCK_RELEASED; /* no clock was right yet */

  now = CLAMP(now, 0, KEYPIN_FOREVER);
  if (!has_jumped(guard->mark, now) || (fresh && now > guard->mark))
    trust(guard, MAX(guard->mark, now)); /* 1, 5 */
  else if (!guard->suspect)
    begin_trial(guard, now); /* 2 */
  else
    go_on_trial(guard, now); /* 3, 4 */
  guard->seen = now;
}

int64_t clock_trusted_from(const struct clock_guard *guard)
{
  return MIN(guard->seen + CLOCK_TRIAL - guard->steady, KEYPIN_FOREVER);
}

static size_t encode(const struct clock_guard *guard, uint8_t *value)
{
  struct writer w = writer_of(value, STATE_VALUE_MAX);

  writer_u8(&w, FORM);
  writer_u8(&w, guard->suspect);
  writer_u64(&w, (uint64_t)guard->mark);
  writer_u64(&w, (uint64_t)guard->seen);
  writer_u64(&w, (uint64_t)guard->since);
  writer_u64(&w, (uint64_t)guard->steady);
  writer_u64(&w, guard->era);
  return w.used;
}

static bool decode(struct span value, struct clock_guard *guard)
{
  struct reader r = reader_of(value);
  uint8_t form = reader_u8(&r), suspect = reader_u8(&r);

  *guard = (struct clock_guard){.suspect = suspect == 1};
  guard->mark = (int64_t)reader_u64(&r);
  guard->seen = (int64_t)reader_u64(&r);
  guard->since = (int64_t)reader_u64(&r);
  guard->steady = (int64_t)reader_u64(&r);
  guard->era = reader_u64(&r);
  return reader_done(&r) && form == FORM && suspect <= 1 && time_is_valid(guard->mark) &&
         time_is_valid(guard->seen) && time_is_valid(guard->since) && guard->steady >= 0 &&
         guard->steady < CLOCK_TRIAL;
}

enum tlspin_code clock_load(struct store *store, struct clock_guard *guard)
{
  uint8_t value[STATE_VALUE_MAX];
  struct clock_guard loaded;
  size_t size;
  enum tlspin_code code = state_get(store, row_name, value, &size);

  if (code != TLSPIN_OK)
    return code;
  if (!decode((struct span){value, size}, &loaded))
    return TLSPIN_UNAVAILABLE;
  *guard = loaded;
  return TLSPIN_OK;
}

static bool is_ahead(const struct clock_guard *a, const struct clock_guard *b)
{
  return a->era != b->era ? a->era > b->era : a->mark > b->mark;
}

static bool differs(int64_t a, int64_t b)
{
  return a - b >= HOUR || b - a >= HOUR;
}

/* A write an hour is enough: what is lost of the mark is less than that. */
static bool is_news(const struct clock_guard *guard, const struct clock_guard *kept)
{
  return guard->suspect != kept->suspect || guard->since != kept->since ||
         guard->era != kept->era || differs(guard->mark, kept->mark) ||
         differs(guard->seen, kept->seen);
}

enum tlspin_code clock_save(struct store *store, struct clock_guard *guard)
{
  uint8_t value[STATE_VALUE_MAX];
  struct clock_guard kept;
  enum tlspin_code code = clock_load(store, &kept);

  if (code == TLSPIN_OK && is_ahead(&kept, guard))
    *guard = kept;
  if (code == TLSPIN_OK && !is_news(guard, &kept))
    return TLSPIN_OK;
  return state_put(store, row_name, (struct span){value, encode(guard, value)});
}
