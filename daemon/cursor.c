/* Cursors: see cursor.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/cursor.h"

#include "dbus/names.h"

#include <string.h>

enum { TICKET_PARTS = 4, RECORD_PARTS = 11 };

static char *record_text(const char *layer, const struct keypin *pin)
{
  GString *text = g_string_new(NULL);

  g_string_printf(text, "%s/%s/%s/%s/%u/%s/%s/%s/%d/%d/", layer, pin->place.host,
                  scope_token(pin->place.scope), place_protocol_token(pin->place.protocol),
                  pin->place.port, keypin_kind_token(pin->kind), keypin_origin_token(pin->origin),
                  keypin_level_token(pin->level), (int)pin->selector, (int)pin->matching);
  for (size_t i = 0; i < matching_size(pin->matching); i++)
    g_string_append_printf(text, "%02x", pin->digest[i]);
  return g_string_free(text, FALSE);
}

char *cursor_text(const struct policy_cursor *cursor)
{
  if (cursor->layer[0] == '\0')
    return g_strdup("");
  if (cursor->after == AFTER_RECORD)
    return record_text(cursor->layer, &cursor->pin);
  return g_strdup_printf("%s/%s/%s/%u", cursor->layer, cursor->peer.host,
                         protocol_token(cursor->peer.protocol), cursor->peer.port);
}

static bool read_number(const char *text, unsigned least, unsigned most, unsigned *number)
{
  guint64 value = 0;
  bool fine = g_ascii_string_to_unsigned(text, 10, least, most, &value, NULL);

  *number = (unsigned)value;
  return fine;
}

static bool read_peer(char *const *parts, struct peer *peer)
{
  unsigned port;

  if (host_normalise(parts[1], strlen(parts[1]), peer->host) != HOST_FINE ||
      !protocol_from_token(parts[2], &peer->protocol) ||
      !read_number(parts[3], 1, UINT16_MAX, &port))
    return false;
  peer->port = (uint16_t)port;
  return true;
}

static bool read_place(char *const *parts, struct place *place)
{
  unsigned port;

  if (g_strlcpy(place->host, parts[1], sizeof place->host) >= sizeof place->host ||
      !scope_from_token(parts[2], &place->scope) ||
      !place_protocol_from_token(parts[3], &place->protocol) ||
      !read_number(parts[4], 0, UINT16_MAX, &port))
    return false;
  place->port = (uint16_t)port;
  return place_is_valid(place);
}

static bool read_digest(const char *text, struct keypin *pin)
{
  size_t size = matching_size(pin->matching);

  if (strlen(text) != 2 * size)
    return false;
  for (size_t i = 0; i < size; i++) {
    int high = g_ascii_xdigit_value(text[2 * i]), low = g_ascii_xdigit_value(text[2 * i + 1]);

    if (high < 0 || low < 0)
      return false;
    pin->digest[i] = (uint8_t)(high << 4 | low);
  }
  return true;
}

static bool read_record(char *const *parts, struct keypin *pin)
{
  unsigned selector, matching;

  if (!read_place(parts, &pin->place) || !keypin_kind_from_token(parts[5], &pin->kind) ||
      !keypin_origin_from_token(parts[6], &pin->origin) ||
      !keypin_level_from_token(parts[7], &pin->level) ||
      !read_number(parts[8], 0, SELECTOR_COUNT - 1, &selector) ||
      !read_number(parts[9], MATCHING_SHA256, MATCHING_COUNT - 1, &matching))
    return false;
  pin->selector = (enum selector)selector;
  pin->matching = (enum matching)matching;
  return read_digest(parts[10], pin);
}

bool cursor_read(const char *text, struct policy_cursor *cursor)
{
  g_auto(GStrv) parts = NULL;
  guint count;

  *cursor = (struct policy_cursor){.after = AFTER_NOTHING};
  if (text[0] == '\0')
    return true;
  if (strlen(text) > BUS_CURSOR_MAX)
    return false;
  parts = g_strsplit(text, "/", 0);
  count = g_strv_length(parts);
  if ((count != TICKET_PARTS && count != RECORD_PARTS) || parts[0][0] == '\0' ||
      g_strlcpy(cursor->layer, parts[0], sizeof cursor->layer) >= sizeof cursor->layer)
    return false;
  cursor->after = count == TICKET_PARTS ? AFTER_TICKET : AFTER_RECORD;
  return count == TICKET_PARTS ? read_peer(parts, &cursor->peer) : read_record(parts, &cursor->pin);
}
