/* What records of several origins say together: see policy-text-accord.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The pins of each origin are a set of their own for rule 6 of the verdict, and a group of policy
 * text is one set. What a key, or the lack of it, would come to is found out here set by set, as
 * pinning/judgement-pins.c does it for a chain. Nothing is shown here: a pin is met by another one
 * if that names the same key at the same level, or at a level that it may be at. */
#include "config.h"

#include "formats/policy-text-accord.h"

#include <string.h>

enum {
  PINS_MAX = 512, /* that can be looked at: a group has at most 256 keys */
  VIEWS_MAX = 128
};

/* One of the servers that the group may decide about. */
struct view {
  struct peer peer;
  bool exempt; /* its path ends in an added anchor */
  struct verdict_input input;
  struct ranks ranks;
};

struct accord {
  GArray *pins;
  GArray *entries; /* struct verdict_entry */
  GArray *views;   /* struct view */
};

void accord_free(struct accord *accord)
{
  g_array_unref(accord->pins);
  g_array_unref(accord->entries);
  g_array_unref(accord->views);
  g_free(accord);
}

static void add_views(struct accord *accord, const char *host, uint16_t port, int64_t now)
{
  for (int i = 0; i < 4; i++) {
    struct view view = {.peer = {.protocol = i < 2 ? PROTOCOL_TLS : PROTOCOL_DTLS, .port = port},
                        .exempt = i % 2 != 0,
                        .input = {.entries = (const void *)accord->entries->data,
                                  .count = accord->entries->len,
                                  .now = now}};

    if (g_strlcpy(view.peer.host, host, sizeof view.peer.host) < sizeof view.peer.host)
      g_array_append_val(accord->views, view);
  }
}

/* The host itself, and any one below it, of which there may be none. */
static void add_hosts(struct accord *accord, const struct place *place, uint16_t port, int64_t now)
{
  g_autofree char *below = g_strconcat("x", place->host[0] != '\0' ? "." : "", place->host, NULL);

  if (place->scope != SCOPE_ONE_LABEL && place->host[0] != '\0')
    add_views(accord, place->host, port, now);
  if (place->scope != SCOPE_EXACT)
    add_views(accord, below, port, now);
}

static bool is_named(const struct accord *accord, uint16_t port)
{
  for (guint i = 0; i < accord->pins->len; i++)
    if (g_array_index(accord->pins, struct keypin, i).place.port == port)
      return true;
  return false;
}

static bool is_first(const struct accord *accord, guint index)
{
  uint16_t port = g_array_index(accord->pins, struct keypin, index).place.port;

  for (guint i = 0; i < index; i++)
    if (g_array_index(accord->pins, struct keypin, i).place.port == port)
      return false;
  return port != PLACE_ANY_PORT;
}

/* Of any port: each one that is named somewhere, and one that isn't. */
static bool add_ports(struct accord *accord, const struct place *place, int64_t now)
{
  uint16_t other = 1;

  if (place->port != PLACE_ANY_PORT) {
    add_hosts(accord, place, place->port, now);
    return true;
  }
  while (is_named(accord, other))
    other++;
  add_hosts(accord, place, other, now);
  for (guint i = 0; i < accord->pins->len && accord->views->len <= VIEWS_MAX; i++)
    if (is_first(accord, i))
      add_hosts(accord, place, g_array_index(accord->pins, struct keypin, i).place.port, now);
  return accord->views->len <= VIEWS_MAX;
}

struct accord *accord_new(const struct place *place, GArray *pins, int64_t now)
{
  struct accord *accord = g_new0(struct accord, 1);
  bool fine = pins->len <= PINS_MAX;

  accord->pins = pins;
  accord->entries = g_array_new(FALSE, FALSE, sizeof(struct verdict_entry));
  accord->views = g_array_new(FALSE, FALSE, sizeof(struct view));
  for (guint i = 0; fine && i < pins->len; i++) {
    struct verdict_entry entry = {&g_array_index(pins, struct keypin, i), 0};

    g_array_append_val(accord->entries, entry);
  }
  fine = fine && add_ports(accord, place, now);
  for (guint i = 0; fine && i < accord->views->len; i++) {
    struct view *view = &g_array_index(accord->views, struct view, i);

    view->input.peer = &view->peer;
    ranks_find(&view->input, view->exempt, &view->ranks);
  }
  if (!fine)
    g_clear_pointer(&accord, accord_free);
  return accord;
}

/* NULL names no key. */
static bool is_met(const struct keypin *pin, const struct keypin *by)
{
  return by != NULL && pin->selector == by->selector && pin->matching == by->matching &&
         memcmp(pin->digest, by->digest, matching_size(pin->matching)) == 0 &&
         (pin->level == by->level || pin->level == KEYPIN_ANY);
}

static bool is_set_met(const struct view *view, enum rank rank, int origin, const struct keypin *by)
{
  for (size_t i = 0; i < view->input.count; i++) {
    const struct verdict_entry *entry = &view->input.entries[i];

    if (ranks_of(entry) == rank && (int)entry->pin->origin == origin &&
        ranks_holds(&view->ranks, entry) && is_met(entry->pin, by))
      return true;
  }
  return false;
}

enum word { WORD_NONE, WORD_ACCEPTED, WORD_REFUSED };

static bool stands(const struct view *view, enum rank rank, int origin, bool critical)
{
  const struct ranks_set *set = &view->ranks.sets[rank][origin];

  return set->best >= 0 && set->critical == critical;
}

static enum word ask_critical(const struct view *view, enum rank rank, const struct keypin *key)
{
  enum word word = WORD_NONE;

  for (int origin = 0; origin < KEYPIN_ORIGINS; origin++) {
    if (!stands(view, rank, origin, true))
      continue;
    if (!is_set_met(view, rank, origin, key))
      return WORD_REFUSED;
    word = WORD_ACCEPTED;
  }
  return word;
}

static enum word ask_active(const struct view *view, enum rank rank, const struct keypin *key)
{
  for (int origin = 0; origin < KEYPIN_ORIGINS; origin++)
    if (stands(view, rank, origin, false) && is_set_met(view, rank, origin, key))
      return WORD_ACCEPTED;
  return WORD_NONE;
}

/* by: whose word it is. */
static enum word ask_rank(const struct view *view, enum rank rank, const struct keypin *key,
                          enum rank *by)
{
  enum word word = ask_critical(view, rank, key);

  *by = rank;
  if (word == WORD_REFUSED)
    return word;
  if (rank == RANK_PROGRAM && ask_critical(view, RANK_LEARNED, key) == WORD_REFUSED) {
    *by = RANK_LEARNED;
    return WORD_REFUSED;
  }
  if (rank == RANK_LEARNED && stands(view, rank, KEYPIN_TOFU, false))
    return is_set_met(view, rank, KEYPIN_TOFU, key) ? WORD_ACCEPTED : WORD_REFUSED;
  return word != WORD_NONE ? word : ask_active(view, rank, key);
}

/* by: the rank that refuses. */
static bool refuses(const struct view *view, const struct keypin *key, enum rank *by)
{
  for (enum rank rank = RANK_LOCKED; rank < RANKS; rank++) {
    enum word word = ask_rank(view, rank, key, by);

    if (word != WORD_NONE)
      return word == WORD_REFUSED;
  }
  return false;
}

static bool is_over(const struct view *view, int protocol)
{
  return protocol == PLACE_ANY_PROTOCOL || protocol == (int)view->peer.protocol;
}

bool accord_restricts(const struct accord *accord, int protocol, enum rank *by)
{
  bool restricts = false;
  enum rank rank;

  *by = RANK_LOCKED;
  for (guint i = 0; i < accord->views->len; i++) {
    const struct view *view = &g_array_index(accord->views, struct view, i);

    if (!is_over(view, protocol) || !refuses(view, NULL, &rank))
      continue;
    restricts = true;
    *by = MAX(*by, rank);
  }
  return restricts;
}

bool accord_restricts_anchors(const struct accord *accord)
{
  enum rank by;

  for (guint i = 0; i < accord->views->len; i++) {
    const struct view *view = &g_array_index(accord->views, struct view, i);

    if (view->exempt && refuses(view, NULL, &by))
      return true;
  }
  return false;
}

bool accord_allows(const struct accord *accord, const struct keypin *pin)
{
  enum rank by;

  for (guint i = 0; i < accord->views->len; i++)
    if (refuses(&g_array_index(accord->views, struct view, i), pin, &by))
      return false;
  return true;
}

bool accord_is_off(const struct accord *accord, int protocol)
{
  for (guint i = 0; i < accord->views->len; i++) {
    const struct view *view = &g_array_index(accord->views, struct view, i);
    struct verdict verdict;

    if (!is_over(view, protocol))
      continue;
    verdict_judge(&view->input, &verdict);
    if (verdict.answer != TLSPIN_OPTED_OUT)
      return false;
  }
  return true;
}
