/* Records as policy text: see policy-text.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/policy-text.h"

#include "common/text.h"
#include "formats/policy-text-places.h"
#include "formats/policy-text-private.h"

struct policy_text {
  int64_t until;
  struct remarks remarks;
  struct places *places;
  bool unsaid;
};

struct policy_text *policy_text_new(int64_t now, int64_t until, reading_told told, void *data)
{
  struct policy_text *text = g_new0(struct policy_text, 1);

  text->until = until;
  text->remarks = (struct remarks){told, data, false};
  text->places = places_new(now);
  return text;
}

void policy_text_put(struct policy_text *text, const struct keypin *pin, size_t line)
{
  places_put(text->places, pin, line);
}

/* Under an "off" they say nothing. */
static void drop_pins(const struct policy_text *text, struct text_group *group)
{
  bool off = text_group_is_off(group), hole = !off && places_make_hole(text->places, group);

  if (off || hole)
    g_ptr_array_set_size(group->pins, 0);
  group->unsaid = group->unsaid || hole;
}

/* Without the pins an exception would hold for keys that they refuse. */
static void drop_unsaid(struct policy_text *text, struct text_group *group)
{
  bool off = text_group_is_off(group);

  if (!group->unsaid || (off && group->mode->pin.place.protocol == PLACE_ANY_PROTOCOL))
    return;
  group->mode = off ? NULL : group->mode;
  remarks_tell(&text->remarks, group, group->pins_line, REMARK_SKIPPED,
               group->reported
                   ? _("no group can say what its pins say together; they are left out.")
                   : _("no group can say what its pins say together without accepting more than "
                       "they do; nothing of it is written but keys that are blocked. Clear some "
                       "of them, or write the group by hand."));
  text->unsaid = text->unsaid || !group->reported;
  g_ptr_array_set_size(group->exceptions, 0);
}

/* A group is one set of pins, with one level for all of them, one list of errors for all its
 * exceptions, one mode, and one end and protocol for all of it. What a text accepts the records
 * that it was made of accept, too:
 * 1. Pins of different origins are a set each, and so are those of wider places. A pin is written
 * that none of these sets refuses; where any of them refuses another key the group is critical. So
 * what was learned becomes critical, since policy knows no changes of a key.
 * 2. Where no pin is left of those that count, no group can say it: no pin, no exception and no
 * "off" of the place is written, and the caller is told.
 * 3. An exception or a mode never becomes wider or longer than it was, and an "off" is written only
 * where it holds. Pins stay pinned as long as any of them.
 * Of what differs else the first record of a place says how it is, and a remark what became of the
 * others. */
static void settle(struct policy_text *text, struct text_group *group)
{
  struct accord *accord = places_accord(text->places, group);
  struct accord *own;

  group->reported = text_group_is_reported(group);
  own = group->reported ? places_own_accord(text->places, group) : NULL;
  policy_text_put_pins(group, &text->remarks, accord, own);
  policy_text_put_leave(group, &text->remarks, accord);
  drop_pins(text, group);
  drop_unsaid(text, group);
  g_clear_pointer(&accord, accord_free);
  g_clear_pointer(&own, accord_free);
}

char *policy_text_end(struct policy_text *text, bool *whole)
{
  g_autoptr(GKeyFile) file = g_key_file_new();
  const GPtrArray *groups = places_groups(text->places);
  char *written;

  for (guint i = 0; i < groups->len; i++) {
    settle(text, groups->pdata[i]);
    policy_text_write(file, groups->pdata[i], text->until);
  }
  written = g_key_file_to_data(file, NULL, NULL);
  *whole = !text->unsaid;
  places_free(text->places);
  g_free(text);
  return written;
}
