/* What the ordered stores say about a peer: see layers.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/layers.h"

/* What is asked of each layer. */
struct question {
  const struct peer *peer;
  int64_t now;
  layers_visit visit; /* NULL: only the ticket is asked for */
  void *data;
  unsigned layer; /* that is being asked */
  bool refused;   /* a record of it */
  bool expired;   /* some layer had a ticket that has ended, */
  bool doubted;   /* but not by what a clock says that isn't trusted */
};

static bool visit_pin(const struct keypin *pin, void *data)
{
  struct question *question = data;

  question->refused = !question->visit(pin, question->layer, question->data);
  return !question->refused;
}

static bool read_pins(struct store *store, struct question *question)
{
  question->refused = false;
  if (store_pins(store, question->peer, visit_pin, question) == TLSPIN_OK && !question->refused)
    return true;
  question->visit(NULL, question->layer, question->data);
  return false;
}

/* The ticket and, where they are asked for, the records, as one snapshot. A layer of which a part
 * can't be read is one that can't be read. */
static enum tlspin_code read_layer(struct store *store, struct question *question,
                                   struct ticket_row *row)
{
  enum tlspin_code code = store_read_begin(store);

  if (code != TLSPIN_OK)
    return code;
  code = store_get(store, question->peer, row);
  if (question->visit != NULL && (code == TLSPIN_OK || code == TLSPIN_E_NOT_FOUND) &&
      !read_pins(store, question)) {
    if (code == TLSPIN_OK)
      ticket_row_clear(row);
    code = TLSPIN_UNAVAILABLE;
  }
  store_read_end(store);
  return code;
}

/* One layer's word: TLSPIN_MATCH with the row, TLSPIN_NO_PIN, or TLSPIN_UNAVAILABLE. */
static enum tlspin_code ask(struct layers *layers, struct question *question,
                            struct ticket_row *row)
{
  const struct layer *layer = layers_at(layers, question->layer);
  enum tlspin_code code =
      layer->store != NULL ? read_layer(layer->store, question, row) : TLSPIN_UNAVAILABLE;

  if (code == TLSPIN_E_NOT_FOUND)
    return TLSPIN_NO_PIN;
  if (code != TLSPIN_OK)
    return TLSPIN_UNAVAILABLE;
  if (row->expires > question->now)
    return TLSPIN_MATCH;
  question->expired = true;
  question->doubted |= layers_doubt_end(layers, row->expires, question->now);
  ticket_row_clear(row);
  return TLSPIN_NO_PIN;
}

static void decide(struct layers_answer *answer, const struct layer *layer, struct ticket_row *row)
{
  layers_answer_clear(answer);
  answer->layer = layer;
  answer->code = row->lock == LOCK_OFF ? TLSPIN_OPTED_OUT : TLSPIN_MATCH;
  answer->reason = row->lock == LOCK_OFF ? "locked-off" : "found";
  answer->row = *row;
}

static void say_nothing(struct layers *layers, const struct layer *unreadable,
                        const struct question *question, struct layers_answer *answer)
{
  bool lost = unreadable == NULL && layers_lost(layers);

  answer->code = unreadable != NULL  ? TLSPIN_UNAVAILABLE
                 : lost              ? TLSPIN_STORE_DAMAGED
                 : question->doubted ? TLSPIN_CLOCK_SUSPECT
                                     : TLSPIN_NO_PIN;
  answer->layer = lost ? layers_at(layers, 0) : unreadable;
  answer->reason = unreadable == layers_at(layers, 0) ? "store-unreadable"
                   : unreadable != NULL               ? "layer-unreadable"
                   : lost                             ? "pins-lost"
                   : question->doubted                ? "clock-suspect"
                   : question->expired                ? "expired"
                                                      : "none";
}

/* Who decides about a peer; the first rule that applies (an entry that has expired is no entry).
 *
 * 1. A locked entry of a system layer. Of several layers the one whose file name comes last.
 * 2. The user's entry.
 * 3. An unlocked entry of a system layer. Of several layers, again, the last.
 * 4. Nothing was found, and some layer could not be read: that is not known to be "no pin".
 * 5. Nothing was found, and pins were lost from the user's store: they may have been this one's.
 * 6. Nothing was found, but by a clock that isn't trusted an entry would be in force that has
 * expired at the time that is believed: whether there is a pin isn't known.
 * 7. Nothing was found in layers that could all be read, and are whole: no pin.
 *
 * Layers that can be read are enforced, whatever the others are like. */
static const struct layer *judge(struct layers *layers, struct question *question,
                                 struct layers_answer *answer)
{
  const struct layer *unreadable = NULL;
  struct ticket_row row;

  *answer = (struct layers_answer){.code = TLSPIN_NO_PIN};
  /* The user's first, then the system's, the last file name first, so that the first one stands. */
  for (question->layer = 0; question->layer < layers_count(layers); question->layer++) {
    const struct layer *layer = layers_at(layers, question->layer);
    enum tlspin_code code = ask(layers, question, &row);

    if (code == TLSPIN_UNAVAILABLE) {
      layers_failed(layers, layer);
      unreadable = unreadable != NULL ? unreadable : layer;
    }
    if (code != TLSPIN_MATCH)
      continue;
    if (answer->layer == NULL || (row.lock != LOCK_NONE && answer->row.lock == LOCK_NONE))
      decide(answer, layer, &row); /* 1, 2, 3 */
    else
      ticket_row_clear(&row);
  }
  if (answer->layer != NULL)
    return unreadable;
  say_nothing(layers, unreadable, question, answer); /* 4, 5, 6, 7 */
  return unreadable;
}

void layers_judge(struct layers *layers, const struct peer *peer, int64_t now,
                  struct layers_answer *answer)
{
  struct question question = {.peer = peer, .now = now};

  judge(layers, &question, answer);
}

void layers_get(struct layers *layers, const struct peer *peer, int64_t now,
                struct layers_answer *answer)
{
  layers_user(layers, now);
  layers_judge(layers, peer, now, answer);
}

const struct layer *layers_gather(struct layers *layers, const struct peer *peer, int64_t now,
                                  struct layers_answer *answer, layers_visit visit, void *data)
{
  struct question question = {.peer = peer, .now = now, .visit = visit, .data = data};

  layers_user(layers, now);
  return judge(layers, &question, answer);
}

void layers_answer_clear(struct layers_answer *answer)
{
  ticket_row_clear(&answer->row);
  answer->row.lock = LOCK_NONE;
}
