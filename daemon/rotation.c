/* When a backup is made, and which ones go: see rotation.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/rotation.h"

enum { DAY = 86400, WEEK = 7 * DAY, MONDAY = 3 * DAY /* 1970-01-01 was a Thursday */ };

/* Where the clock was set back in between, waiting begins anew: else it could take years. */
void rotation_note(struct rotation_changes *changes, int64_t now)
{
  if (!changes->any || now < changes->last)
    changes->first = now;
  changes->any = true;
  changes->last = now;
}

bool rotation_due(const struct rotation_changes *changes, int64_t now)
{
  return changes->any && (now < changes->last || now - changes->last >= ROTATION_SETTLED ||
                          now - changes->first >= ROTATION_LATEST);
}

static int compare(int64_t a, int64_t b)
{
  return (a < b) - (a > b);
}

int rotation_compare(int64_t a, int64_t b, int64_t now)
{
  bool a_ahead = a > now, b_ahead = b > now;

  return a_ahead != b_ahead ? a_ahead - b_ahead : compare(a, b);
}

/* The day or week of a time. */
static int64_t number_of(int64_t made, int64_t length)
{
  return (made + MONDAY) / length;
}

static bool is_too_old(const struct rotation_item *item, const struct rotation_rules *rules)
{
  return item->made > rules->now || rules->now - item->made > rules->period;
}

/* What stays by rules 4 and 5, of what is not too old. */
struct stay {
  size_t count;
  int64_t day, week; /* that one stays of already; -1: none */
};

static bool stays(struct stay *stay, const struct rotation_item *item, int64_t now)
{
  int64_t age = now - item->made;
  int64_t day = number_of(item->made, DAY), week = number_of(item->made, WEEK);
  bool fresh = stay->count < ROTATION_NEWEST;
  bool of_day = age < (int64_t)ROTATION_DAYS * DAY && day != stay->day;
  bool of_week = age < (int64_t)ROTATION_WEEKS * WEEK && week != stay->week;

  if (!fresh && !of_day && !of_week)
    return false;
  stay->count++;
  stay->day = day;
  stay->week = week;
  return true;
}

/* Which backups go:
 *
 * 1. None, where the rules say so.
 * 2. The newest that is known to be whole stays, however old it is; where there is none, all stay.
 * 3. What is newer than that stays, too: it may be damaged, but rows can be saved from it.
 * 4. What is older than that and than the undo period goes: what the user cleared has to be gone
 *    from every file when the period is over. So does what is from the future, whose age isn't
 *    known.
 * 5. Of the others the newest three stay; the newest of each day for 7 days; and the newest of each
 *    week, which begins on Monday, for 4 weeks. Those of rules 2 and 3 are among the three.
 *
 * So there are ROTATION_MOST at most, and by the usual undo period of a week no more than some ten.
 * How large they are doesn't count: where the store has lost most of its pins, the large old ones
 * are what they can come back from. */
void rotation_choose(const struct rotation_item *items, size_t count,
                     const struct rotation_rules *rules, bool *goes)
{
  struct stay stay = {.day = -1, .week = -1};
  size_t whole = 0;

  for (size_t i = 0; i < count; i++)
    goes[i] = false;
  while (whole < count && !items[whole].whole)
    whole++;
  if (rules->keep || whole == count) /* 1, 2 */
    return;
  for (size_t i = 0; i < count; i++) {
    bool fits =
        (i <= whole || !is_too_old(&items[i], rules)) && stays(&stay, &items[i], rules->now);

    goes[i] = i > whole && !fits; /* 2 to 5 */
  }
}
