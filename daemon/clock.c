/* Which time is believed: see clock.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/clock.h"

#include "daemon/row.h"
#include "daemon/state.h"

#include <glib.h>

enum { FORM_WITHOUT_ELAPSED = 1, FORM_WITHOUT_OFF = 2, FORM = 3, DAY = 86400 };

static const char row_name[] = CLOCK_ROW;

static int64_t time_after(int64_t time, int64_t seconds)
{
  return MIN(time + seconds, KEYPIN_FOREVER);
}

static void end_trial(struct clock_guard *guard)
{
  guard->suspect = false;
  guard->since = guard->between = guard->off = 0;
}

/* What was believed before is of no matter any more. */
static void begin_anew(struct clock_guard *guard, int64_t now)
{
  end_trial(guard);
  guard->mark = guard->reckoned = guard->next = now;
  guard->steady = 0;
}

static void begin_trial(struct clock_guard *guard, int64_t now)
{
  guard->suspect = true;
  guard->since = now;
  guard->steady = guard->between = guard->off = 0;
}

static int64_t vouched_for(const struct clock_guard *guard, int64_t passed)
{
  return MIN(guard->off, passed * CLOCK_VOUCHES);
}

/* Rule 3. More than the mark is ahead by needn't be reckoned. */
static void vouch(struct clock_guard *guard, int64_t passed, int64_t apart)
{
  int64_t ahead = MAX(guard->mark - guard->reckoned, 0), vouched;

  guard->off = MIN(guard->off + MAX(apart, 0), MIN(ahead, CLOCK_WEEK));
  vouched = vouched_for(guard, passed);
  guard->off -= vouched;
  guard->reckoned += vouched;
  guard->next = MAX(guard->next, guard->reckoned);
}

/* Rules 1, 2, 3 and 7. */
static void follow(struct clock_guard *guard, int64_t now, int64_t passed, int64_t apart)
{
  if (guard->suspect)
    end_trial(guard);
  guard->mark = MAX(guard->mark, now);
  vouch(guard, passed, apart);
  guard->steady += passed;
  if (guard->steady < CLOCK_TURN)
    return;
  guard->reckoned = guard->next;
  guard->next = MAX(guard->mark, guard->reckoned);
  guard->steady = 0;
}

/* How many seconds a trial has to go on yet, by rule 6: in the one way or in the other. */
static int64_t trial_left(const struct clock_guard *guard)
{
  int64_t of_day = CLOCK_TRIAL - guard->steady - MIN(guard->between, CLOCK_APART);
  int64_t of_week = CLOCK_WEEK - vouched_for(guard, guard->steady);

  return MIN(of_day, of_week);
}

/* Rules 5 and 6. apart: how far the clock went on while nobody counted. */
static void go_on_trial(struct clock_guard *guard, int64_t now, int64_t passed, int64_t apart)
{
  int64_t strayed;

  guard->steady += passed;
  guard->between += MAX(apart, 0);
  guard->off = MIN(guard->off + CLAMP(apart, 0, DAY), CLOCK_WEEK);
  strayed = now - (guard->since + guard->steady + guard->between);
  if (ABS(strayed) > CLOCK_TOLERANCE || apart < -CLOCK_TOLERANCE || apart > CLOCK_JUMP) {
    begin_trial(guard, now);
    return;
  }
  if (trial_left(guard) > 0)
    return;
  guard->era += now < guard->mark;
  begin_anew(guard, now);
}

static bool is_right(const struct clock_guard *guard, int64_t now)
{
  return now >= guard->mark - CLOCK_TOLERANCE && now - guard->reckoned <= CLOCK_JUMP;
}

static void note(struct clock_guard *guard, const struct clock_reading *reading)
{
  guard->seen = CLAMP(reading->says, 0, KEYPIN_FOREVER);
  guard->elapsed = CLAMP(reading->elapsed, 0, KEYPIN_FOREVER);
  guard->boot = reading->boot;
}

/* The running time between two readings is known where both are of one start of the computer,
 * though the daemon may have come and gone. Between two starts nothing is known.
 *
 * 1. A clock that is no more than ten minutes behind the mark, and no more than 30 days ahead of
 * what is reckoned, is right. The mark follows it, but never goes back: what is believed is the
 * mark.
 * 2. What is reckoned is an earlier mark, and the running time since. So whatever a clock is set
 * ahead by adds up, in steps of any size, and so does every time between two starts, which may have
 * passed or not. Each twelve hours of running time the earlier mark gives way to a later one: a
 * step ahead counts for twelve hours of running time at the least, and for twenty-four at the most.
 * A clock that is slower than the running time takes nothing away from what is reckoned.
 * 3. What a clock that is right went on by between two starts is reckoned, too, as soon as the
 * computer has run for long enough after that: each minute vouches for twelve hours. No more than
 * a week waits for that; the rest stays as rule 2 says. So a computer that is switched on every day
 * for two minutes, or every week for fifteen, is never suspect; and whoever sets its clock has to
 * wait for somebody to start it, for each further week.
 * 4. Any other clock has jumped. It is suspect from now on, and the mark stands still, so that
 * nothing ends and nothing is deleted for its age. The computer may have been off for longer than
 * that: it can't be told from a clock that was set wrong.
 * 5. While it is suspect it is on trial. It passes as long as it goes on by the running time: where
 * it is off by more than ten minutes since the trial's beginning, the trial begins anew. So it does
 * where the clock is set back between two starts, or ahead by more than 30 days; what it went on by
 * else is counted.
 * 6. It is believed, be it ahead of the mark or behind, after 24 hours of trial, of which no more
 * than twelve are times between two starts; or after a week of times between two starts, of each of
 * which no more than a day counts, and twelve hours for each minute of running time. So a clock
 * that is right is believed in the end, however little the computer runs: after eight starts.
 * 7. A clock that comes back to where it would be right is trusted at once (rule 1).
 *
 * So in less than twelve hours of running time after the clock was trusted, the mark goes no
 * further than that time and 30 days, however often the clock is set; and where the computer is
 * started in between and runs, no further than another week for each start, and twelve hours for
 * each minute. Whoever sets it for longer, and leaves it alone for a trial, is believed: no clock
 * would be right again else.
 *
 * A new store's mark is the date before which there was no tlspin: a clock that begins in 1970 is
 * suspect, and any that is later than the date is right. Times that can't be stored are the nearest
 * that can: one beyond them never goes on. */
void clock_believe(struct clock_guard *guard, const struct clock_reading *reading)
{
  int64_t now = CLAMP(reading->says, 0, KEYPIN_FOREVER);
  int64_t elapsed = CLAMP(reading->elapsed, 0, KEYPIN_FOREVER);
  bool known = reading->boot == guard->boot && elapsed >= guard->elapsed;
  int64_t passed = known ? elapsed - guard->elapsed : 0;
  int64_t apart = known ? 0 : now - guard->seen;

  guard->reckoned = time_after(guard->reckoned, passed);
  guard->next = time_after(guard->next, passed);
  if (guard->mark == CLOCK_RELEASED && now > guard->mark) /* no clock was right yet */
    begin_anew(guard, now);
  else if (is_right(guard, now))
    follow(guard, now, passed, apart);
  else if (!guard->suspect)
    begin_trial(guard, now);
  else
    go_on_trial(guard, now, passed, apart);
  note(guard, reading);
}

void clock_distrust(struct clock_guard *guard, const struct clock_reading *reading)
{
  begin_trial(guard, CLAMP(reading->says, 0, KEYPIN_FOREVER));
  guard->unread = true;
  note(guard, reading);
}

int64_t clock_trusted_from(const struct clock_guard *guard)
{
  return time_after(guard->seen, trial_left(guard));
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
  writer_u64(&w, guard->boot);
  writer_u64(&w, (uint64_t)guard->elapsed);
  writer_u64(&w, (uint64_t)guard->reckoned);
  writer_u64(&w, (uint64_t)guard->next);
  writer_u64(&w, (uint64_t)guard->between);
  writer_u64(&w, (uint64_t)guard->off);
  return w.used;
}

/* A trial that nobody counted begins anew. */
static void complete(struct clock_guard *guard)
{
  guard->reckoned = guard->next = guard->mark;
  guard->since = guard->suspect ? guard->seen : 0;
  guard->steady = 0;
}

static void decode_elapsed(struct reader *r, struct clock_guard *guard)
{
  guard->boot = reader_u64(r);
  guard->elapsed = (int64_t)reader_u64(r);
  guard->reckoned = (int64_t)reader_u64(r);
  guard->next = (int64_t)reader_u64(r);
  guard->between = (int64_t)reader_u64(r);
}

static bool has_valid_times(const struct clock_guard *guard)
{
  return time_is_valid(guard->mark) && time_is_valid(guard->seen) && time_is_valid(guard->since) &&
         time_is_valid(guard->elapsed) && time_is_valid(guard->reckoned) &&
         time_is_valid(guard->next) && time_is_valid(guard->between) && guard->steady >= 0 &&
         guard->steady < CLOCK_TRIAL && guard->off >= 0 && guard->off <= CLOCK_WEEK;
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
  if (form >= FORM_WITHOUT_OFF)
    decode_elapsed(&r, guard);
  if (form == FORM)
    guard->off = (int64_t)reader_u64(&r);
  if (!reader_done(&r) || form < FORM_WITHOUT_ELAPSED || form > FORM || suspect > 1 ||
      !has_valid_times(guard))
    return false;
  if (form == FORM_WITHOUT_ELAPSED)
    complete(guard);
  return true;
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
    return TLSPIN_STORE_DAMAGED;
  *guard = loaded;
  return TLSPIN_OK;
}

static bool is_ahead(const struct clock_guard *a, const struct clock_guard *b)
{
  return a->era != b->era ? a->era > b->era : a->mark > b->mark;
}

static bool differs(int64_t a, int64_t b, int64_t worth)
{
  return a - b >= worth || b - a >= worth;
}

/* What is lost of a time where the daemon is killed is less than what is worth a write. The running
 * time is one of them: sessions that are shorter than that must add up. */
static bool is_news(const struct clock_guard *guard, const struct clock_guard *kept, int64_t worth)
{
  return guard->suspect != kept->suspect || guard->since != kept->since ||
         guard->era != kept->era || guard->boot != kept->boot ||
         differs(guard->mark, kept->mark, worth) || differs(guard->seen, kept->seen, worth) ||
         differs(guard->elapsed, kept->elapsed, worth);
}

enum tlspin_code clock_save(struct store *store, struct clock_guard *guard, int64_t worth)
{
  uint8_t value[STATE_VALUE_MAX];
  struct clock_guard kept;
  enum tlspin_code code = clock_load(store, &kept);

  if (code != TLSPIN_OK && code != TLSPIN_E_NOT_FOUND)
    return code;
  if (code == TLSPIN_OK && is_ahead(&kept, guard))
    *guard = kept;
  if (code == TLSPIN_OK && !is_news(guard, &kept, worth))
    return TLSPIN_OK;
  return state_put(store, row_name, (struct span){value, encode(guard, value)});
}
