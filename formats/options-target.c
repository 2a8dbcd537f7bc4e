/* Which keys a program may be given: see options-private.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/options-private.h"

#include <string.h>

static void target_free(void *data)
{
  struct option_target *target = data;

  g_array_unref(target->items);
  g_array_unref(target->seen);
  g_free(target);
}

struct options *options_new(enum options_program program, int64_t now, const struct place *asked)
{
  struct options *options = g_new0(struct options, 1);

  options->program = program;
  options->now = now;
  options->asked = asked != NULL ? g_memdup2(asked, sizeof *asked) : NULL;
  options->blocked = g_array_new(FALSE, FALSE, sizeof(struct keypin));
  options->targets = g_ptr_array_new_with_free_func(target_free);
  options->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  return options;
}

void options_free(struct options *options)
{
  g_hash_table_unref(options->by_name);
  g_ptr_array_unref(options->targets);
  g_array_unref(options->blocked);
  g_free(options->asked);
  g_free(options);
}

void options_block(struct options *options, const struct keypin *pin)
{
  struct keypin blocked = *pin;

  if (pin->kind != KEYPIN_PIN || pin->status != KEYPIN_REJECTED ||
      pin->place.protocol == PROTOCOL_DTLS || keypin_force(pin, options->now) != KEYPIN_ENFORCED)
    return;
  blocked.note = "";
  blocked.seen = (struct span){NULL, 0};
  g_array_append_val(options->blocked, blocked);
}

static struct option_target *target_of(struct options *options, const struct keypin *pin)
{
  const struct place *place = options->asked != NULL ? options->asked : &pin->place;
  char name[PLACE_TEXT_SIZE];
  struct option_target *target;

  place_text(place, name);
  target = g_hash_table_lookup(options->by_name, name);
  if (target != NULL)
    return target;
  target = g_new0(struct option_target, 1);
  target->place = *place;
  target->items = g_array_new(FALSE, FALSE, sizeof(struct option_item));
  target->seen = g_array_new(FALSE, FALSE, sizeof(struct option_seen));
  g_ptr_array_add(options->targets, target);
  g_hash_table_insert(options->by_name, g_strdup(name), target);
  return target;
}

/* Whether there is a server at both places. */
static bool meet(const struct place *blocked, const struct place *place)
{
  struct place everywhere = *blocked;
  struct peer peer = {.protocol = PROTOCOL_TLS, .port = 1};

  everywhere.protocol = PLACE_ANY_PROTOCOL;
  everywhere.port = PLACE_ANY_PORT;
  g_strlcpy(peer.host, place->host, sizeof peer.host);
  return (blocked->port == PLACE_ANY_PORT || place->port == PLACE_ANY_PORT ||
          blocked->port == place->port) &&
         place_covers(&everywhere, &peer);
}

/* In what was seen with the pinned key, too: the server would show it again. */
static bool is_seen(const struct keypin *blocked, const struct chain_seen *seen)
{
  if (blocked->matching != MATCHING_SHA256)
    return false;
  for (size_t i = 0; i < seen->count; i++)
    if (blocked->selector == SELECTOR_SPKI
            ? memcmp(blocked->digest, seen->at[i].spki, OPTION_DIGEST) == 0
            : !seen->raw && memcmp(blocked->digest, seen->at[i].certificate, OPTION_DIGEST) == 0)
      return true;
  return false;
}

/* As bits; 0: it isn't. */
static unsigned find_block(const struct options *options, const struct option_target *target,
                           const struct keypin *pin)
{
  struct chain_seen seen;
  bool known = chain_seen_decode(pin->seen, &seen);
  unsigned reasons = 0;

  for (guint i = 0; i < options->blocked->len; i++) {
    const struct keypin *blocked = &g_array_index(options->blocked, struct keypin, i);

    if (!meet(&blocked->place, &target->place))
      continue;
    if (blocked->selector == pin->selector && blocked->matching == pin->matching
            ? memcmp(blocked->digest, pin->digest, matching_size(pin->matching)) == 0
            : known && is_seen(blocked, &seen))
      return reasons | OPTION_BLOCKED;
    if (blocked->matching != MATCHING_SHA256)
      reasons |= OPTION_UNCERTAIN;
  }
  return reasons;
}

/* A pin of a key at any level may be one of the server's own; one that isn't matches nothing. */
static bool is_own(const struct keypin *pin)
{
  return pin->level == KEYPIN_LEAF || pin->level == KEYPIN_ANY;
}

/* A certificate of the server's own, as a record of it came with a chain. */
static void note_seen(const struct options *options, struct option_target *target,
                      const struct keypin *pin)
{
  struct option_seen at = {.seen = MAX(pin->last_seen, pin->first_seen)};
  struct chain_seen seen;

  if (!options_program_wants_certificates(options->program) ||
      !chain_seen_decode(pin->seen, &seen) || seen.count == 0 || seen.raw ||
      (find_block(options, target, pin) & OPTION_BLOCKED) != 0)
    return;
  memcpy(at.key, seen.at[0].spki, OPTION_DIGEST);
  memcpy(at.certificate, seen.at[0].certificate, OPTION_DIGEST);
  g_array_append_val(target->seen, at);
}

/* The newest one that has the pinned key, whichever record it was seen with. */
static bool find_certificate(const struct option_target *target, struct option_item *item)
{
  const struct option_seen *found = NULL;

  for (guint i = 0; i < target->seen->len; i++) {
    const struct option_seen *seen = &g_array_index(target->seen, struct option_seen, i);

    if (memcmp(seen->key, item->digest, OPTION_DIGEST) == 0 &&
        (found == NULL || seen->seen > found->seen))
      found = seen;
  }
  if (found == NULL)
    return false;
  memcpy(item->digest, found->certificate, OPTION_DIGEST);
  item->seen = MAX(item->seen, found->seen);
  return true;
}

static bool has_digest(const struct options *options, const struct keypin *pin, bool *wanted)
{
  *wanted = options_program_wants_certificates(options->program) && pin->selector == SELECTOR_SPKI;
  return pin->matching == MATCHING_SHA256 &&
         (pin->selector == SELECTOR_SPKI || options_program_wants_certificates(options->program));
}

/* 0 where it counts. */
static enum option_reason find_reason(const struct options *options, const struct keypin *pin,
                                      bool masked)
{
  enum keypin_force force = keypin_force(pin, options->now);

  if (force == KEYPIN_EXPIRED)
    return OPTION_EXPIRED;
  if (pin->place.protocol == PROTOCOL_DTLS)
    return OPTION_DTLS;
  if (masked || pin->kind == KEYPIN_MODE)
    return OPTION_MASKED;
  return force == KEYPIN_REPORTED ? OPTION_REPORTED : 0;
}

static void put_item(const struct options *options, struct option_target *target,
                     const struct keypin *pin, const char *layer)
{
  struct option_item item = {.seen = MAX(pin->last_seen, pin->first_seen),
                             .critical = pin->status == KEYPIN_CRITICAL,
                             .layer = g_intern_string(layer),
                             .origin = pin->origin};
  unsigned block = find_block(options, target, pin);

  target->reasons |= block;
  if ((block & OPTION_BLOCKED) != 0)
    return;
  memcpy(item.digest, pin->digest, OPTION_DIGEST);
  item.fits = is_own(pin) && (options->asked != NULL || pin->place.scope == SCOPE_EXACT) &&
              has_digest(options, pin, &item.wanted);
  if (!item.fits)
    target->reasons |= OPTION_UNFIT;
  g_array_append_val(target->items, item);
}

void options_put(struct options *options, const struct keypin *pin, const char *layer, bool masked)
{
  bool is_pin =
      pin->kind == KEYPIN_PIN && (pin->status == KEYPIN_ACTIVE || pin->status == KEYPIN_CRITICAL);
  struct option_target *target;
  enum option_reason reason;

  if (!is_pin && (pin->kind != KEYPIN_MODE || pin->status != KEYPIN_OFF))
    return;
  target = target_of(options, pin);
  reason = find_reason(options, pin, masked);
  target->reasons |= reason;
  if (is_pin)
    note_seen(options, target, pin);
  if (reason == 0)
    put_item(options, target, pin, layer);
}

static bool is_one_set(const struct option_item *a, const struct option_item *b)
{
  return a->layer == b->layer && a->origin == b->origin;
}

/* Whether the set that `of` is in has the digest. It has no opinion where the program knows none of
 * its keys. */
static bool allows(const GArray *items, const struct option_item *of,
                   const uint8_t digest[OPTION_DIGEST])
{
  bool fits = false;

  for (guint i = 0; i < items->len; i++) {
    const struct option_item *item = &g_array_index(items, struct option_item, i);

    if (!item->fits || !is_one_set(item, of))
      continue;
    if (memcmp(item->digest, digest, OPTION_DIGEST) == 0)
      return true;
    fits = true;
  }
  return !fits;
}

/* Rule 6 of tlspin-verdict(7): of each set with a critical pin one must match. Public-Key-Pins
 * mostly are of authorities, whose keys no program here looks for; what was learned of the server
 * met them.
 */
static bool is_allowed(const GArray *items, const uint8_t digest[OPTION_DIGEST])
{
  for (guint i = 0; i < items->len; i++) {
    const struct option_item *item = &g_array_index(items, struct option_item, i);

    if (item->critical && item->origin != KEYPIN_HPKP && !allows(items, item, digest))
      return false;
  }
  return true;
}

/* The newest time counts of a digest that is there already. */
static bool is_there(GArray *chosen, const struct option_item *item)
{
  for (guint i = 0; i < chosen->len; i++) {
    struct option_item *other = &g_array_index(chosen, struct option_item, i);

    if (memcmp(other->digest, item->digest, OPTION_DIGEST) == 0) {
      other->seen = MAX(other->seen, item->seen);
      return true;
    }
  }
  return false;
}

/* Once all records are known. */
static void find_certificates(struct option_target *target)
{
  for (guint i = 0; i < target->items->len; i++) {
    struct option_item *item = &g_array_index(target->items, struct option_item, i);

    if (!item->fits || !item->wanted)
      continue;
    item->wanted = false;
    item->fits = find_certificate(target, item);
    if (!item->fits)
      target->reasons |= OPTION_UNFIT;
  }
}

GArray *options_choose(struct option_target *target)
{
  GArray *chosen = g_array_new(FALSE, FALSE, sizeof(struct option_item));

  find_certificates(target);
  for (guint i = 0; i < target->items->len; i++) {
    const struct option_item *item = &g_array_index(target->items, struct option_item, i);

    if (item->fits && !is_there(chosen, item) && is_allowed(target->items, item->digest))
      g_array_append_val(chosen, *item);
  }
  return chosen;
}
