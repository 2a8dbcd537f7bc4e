/* All that the layers say about a peer: see gathering.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/gathering.h"

#include <string.h>

/* Records as they come, each with its layer. */
struct heap {
  GArray *pins;   /* struct keypin; NULL while there is none: most peers have none */
  GArray *layers; /* unsigned */
};

static void forget_layer(struct heap *heap, unsigned layer)
{
  while (heap->pins != NULL && heap->pins->len > 0 &&
         g_array_index(heap->layers, unsigned, heap->layers->len - 1) == layer) {
    g_array_set_size(heap->pins, heap->pins->len - 1);
    g_array_set_size(heap->layers, heap->layers->len - 1);
  }
}

static void clear_pin(void *pin)
{
  keypin_clear(pin);
}

static void append(struct heap *heap, const struct keypin *pin, unsigned layer)
{
  if (heap->pins == NULL) {
    heap->pins = g_array_new(FALSE, FALSE, sizeof(struct keypin));
    g_array_set_clear_func(heap->pins, clear_pin);
    heap->layers = g_array_new(FALSE, FALSE, sizeof(unsigned));
  }
  g_array_append_val(heap->layers, layer);
  g_array_append_vals(heap->pins, pin, 1);
}

static bool visit_pin(const struct keypin *pin, unsigned layer, void *data)
{
  struct heap *heap = data;
  bool taken = true;

  if (pin == NULL) {
    forget_layer(heap, layer);
  } else {
    struct keypin copy = *pin;

    copy.owned = NULL;
    taken = keypin_own(&copy);
    if (taken)
      append(heap, &copy, layer);
  }
  return taken;
}

static unsigned find_layer(const struct layers *layers, const struct layer *layer)
{
  unsigned i = 0;

  while (layers_at(layers, i) != layer)
    i++;
  return i;
}

/* A ticket's row that is locked "off" speaks of the whole peer: a mode like any other. */
static void append_off(struct heap *heap, const struct layers *layers, const struct peer *peer,
                       const struct layers_answer *ticket)
{
  struct place place = place_of_peer(peer);
  struct keypin mode = keypin_new(&place, KEYPIN_MODE, KEYPIN_OFF, KEYPIN_POLICY);

  mode.locked = true;
  mode.first_seen = ticket->row.first_seen;
  mode.enforce_until = mode.report_until = ticket->row.expires;
  append(heap, &mode, find_layer(layers, ticket->layer));
}

/* Only now do the records stay where they are. */
static void make_entries(struct heap *heap, struct gathering *gathering)
{
  gathering->count = heap->pins->len;
  gathering->entries = g_new(struct verdict_entry, gathering->count);
  gathering->pins = (struct keypin *)g_array_free(heap->pins, FALSE);
  for (size_t i = 0; i < gathering->count; i++)
    gathering->entries[i] =
        (struct verdict_entry){&gathering->pins[i], g_array_index(heap->layers, unsigned, i)};
  g_array_unref(heap->layers);
}

/* History has no force at any time. */
static bool doubts(const struct layers *layers, const struct gathering *gathering, int64_t now)
{
  const struct layers_answer *ticket = &gathering->ticket;
  const int64_t *says = layers_clock(layers);
  bool stands = ticket->code == TLSPIN_MATCH || ticket->code == TLSPIN_OPTED_OUT;

  if (says == NULL)
    return false;
  for (size_t i = 0; i < gathering->count; i++) {
    const struct keypin *pin = &gathering->pins[i];

    if (pin->status != KEYPIN_INACTIVE && keypin_force(pin, now) != keypin_force(pin, *says))
      return true;
  }
  return ticket->code == TLSPIN_CLOCK_SUSPECT ||
         (stands && layers_doubt_end(layers, ticket->row.expires, now));
}

void gathering_make(struct layers *layers, const struct peer *peer, int64_t now,
                    struct gathering *gathering)
{
  struct heap heap = {NULL, NULL};

  *gathering = (struct gathering){.count = 0};
  gathering->unreadable = layers_gather(layers, peer, now, &gathering->ticket, visit_pin, &heap);
  gathering->lost = layers_lost(layers);
  if (gathering->ticket.code == TLSPIN_OPTED_OUT)
    append_off(&heap, layers, peer, &gathering->ticket);
  if (heap.pins != NULL)
    make_entries(&heap, gathering);
  gathering->suspect = doubts(layers, gathering, now);
}

void gathering_clear(struct gathering *gathering)
{
  layers_answer_clear(&gathering->ticket);
  while (gathering->count > 0)
    keypin_clear(&gathering->pins[--gathering->count]);
  g_clear_pointer(&gathering->pins, g_free);
  g_clear_pointer(&gathering->entries, g_free);
}

const struct layer *gathering_layer(struct layers *layers, const struct verdict_entry *entry)
{
  return layers_at(layers, entry->layer);
}
