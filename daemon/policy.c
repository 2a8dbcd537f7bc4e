/* What may be stored, answered and kept: see policy.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/policy.h"

#include "common/text.h"

#include <string.h>
#include <sys/random.h>

struct policy {
  struct layers *layers;
  struct policy_config config;
};

struct policy *policy_new(struct layers *layers, const struct policy_config *config)
{
  struct policy *policy = g_new0(struct policy, 1);

  policy->layers = layers;
  policy->config = *config;
  return policy;
}

void policy_free(struct policy *policy)
{
  g_free(policy);
}

const struct policy_config *policy_config(const struct policy *policy)
{
  return &policy->config;
}

struct layers *policy_layers(const struct policy *policy)
{
  return policy->layers;
}

void policy_lookup(struct policy *policy, const struct peer *peer, int64_t now,
                   struct layers_answer *answer)
{
  layers_get(policy->layers, peer, now, answer);
}

/* The layer's problem, or for one that was readable a moment ago, that it isn't any more. */
static enum tlspin_code unavailable(const struct layer *layer, char **problem)
{
  *problem = layer->problem != NULL
                 ? g_strdup(layer->problem)
                 : g_strdup_printf(_("The pin store '%s' can't be read or written now. Is the disk "
                                     "full? Look at 'tlspin status'."),
                                   layer->path);
  return TLSPIN_UNAVAILABLE;
}

/* The user's store, or NULL with the problem. */
static struct store *writable(struct policy *policy, int64_t now, char **problem)
{
  const struct layer *user = layers_user(policy->layers, now);

  if (user->store == NULL)
    unavailable(user, problem);
  return user->store;
}

/* Codes of the store that are not TLSPIN_UNAVAILABLE go through as they are. */
static enum tlspin_code explain(struct policy *policy, enum tlspin_code code, char **problem)
{
  if (code != TLSPIN_UNAVAILABLE)
    return code;
  return unavailable(layers_at(policy->layers, 0), problem);
}

static uint64_t new_series(void)
{
  uint64_t series = 0;

  while (series == 0)
    if (getrandom(&series, sizeof series, 0) != sizeof series)
      series = 0;
  return series;
}

/* Prepares the row that follows what the layers know now. False: the pin is not the one that the
 * program looked up before its handshake (policy.h, POLICY_SUPERSEDED):
 *
 * 1. A locked entry stays what policy made it.
 * 2. A handshake that proved a pin continues that pin's series, and only that one. An unlocked
 * system entry is continued in the user's layer, which then decides.
 * 3. A handshake that found no pin may begin a series only where there still is none: of two
 * programs that meet a server for the first time, one may have met an impostor, and neither is the
 * judge of the other.
 * 4. A series that was cleared, or has expired, is not brought back by a handshake that began
 * before. */
static bool follow(const struct layers_answer *known, const struct policy_ticket *ticket,
                   int64_t now, struct ticket_row *row)
{
  if (known->code == TLSPIN_OPTED_OUT || known->row.lock != LOCK_NONE) /* 1 */
    return false;
  row->series = known->code == TLSPIN_MATCH ? known->row.series : 0;
  if (row->series != ticket->series) /* 2, 3, 4 */
    return false;
  row->first_seen = row->series != 0 ? known->row.first_seen : now;
  if (row->series == 0)
    row->series = new_series();
  return true;
}

/* The same call again, whose first reply was lost: what it asks for is done. */
static bool is_repeated(const struct layers_answer *known, const struct policy_ticket *ticket)
{
  return known->code == TLSPIN_MATCH && strcmp(known->layer->name, LAYER_USER) == 0 &&
         known->row.hash == ticket->hash && span_equal(known->row.ticket, ticket->ticket) &&
         span_equal(known->row.secret, ticket->secret);
}

static enum tlspin_code put(struct policy *policy, const struct layers_answer *known,
                            const struct policy_ticket *ticket, int64_t now,
                            enum policy_outcome *outcome, int64_t *expires, char **problem)
{
  struct store *store = writable(policy, now, problem);
  uint32_t lifetime = MIN(ticket->lifetime, policy->config.lifetime_cap);
  struct ticket_row row = {.peer = ticket->peer,
                           .ticket = ticket->ticket,
                           .secret = ticket->secret,
                           .hash = ticket->hash,
                           .issued = now,
                           .expires = now + lifetime};
  bool ours = known->layer != NULL && strcmp(known->layer->name, LAYER_USER) == 0;
  enum tlspin_code code;

  if (store == NULL)
    return TLSPIN_UNAVAILABLE;
  *outcome = POLICY_SUPERSEDED;
  if (!follow(known, ticket, now, &row)) {
    if (is_repeated(known, ticket)) {
      *outcome = POLICY_REPEATED;
      *expires = known->row.expires;
    }
    return TLSPIN_OK;
  }
  code = store_put(store, &row, ours ? ticket->series : 0, now);
  if (code == TLSPIN_MISMATCH) /* another daemon on this home was faster */
    return TLSPIN_OK;
  if (code != TLSPIN_OK)
    return explain(policy, code, problem);
  *outcome = ticket->series == 0 ? POLICY_STORED : POLICY_RENEWED;
  *expires = row.expires;
  return TLSPIN_OK;
}

enum tlspin_code policy_store(struct policy *policy, const struct policy_ticket *ticket,
                              int64_t now, enum policy_outcome *outcome, int64_t *expires,
                              char **problem)
{
  struct layers_answer known;
  enum tlspin_code code;

  *expires = 0;
  *outcome = POLICY_NOTHING;
  if (ticket->lifetime == 0 || ticket->ticket.size == 0 || policy->config.lifetime_cap == 0)
    return TLSPIN_OK;
  layers_get(policy->layers, &ticket->peer, now, &known);
  code = known.code == TLSPIN_UNAVAILABLE
             ? unavailable(known.layer, problem)
             : put(policy, &known, ticket, now, outcome, expires, problem);
  layers_answer_clear(&known);
  return code;
}

enum tlspin_code policy_report(struct policy *policy, const struct peer *peer, enum refusal refusal,
                               int64_t now, char **problem)
{
  struct layers_answer known;
  struct store *store;
  enum tlspin_code code = TLSPIN_OK;

  layers_get(policy->layers, peer, now, &known);
  if (known.code == TLSPIN_UNAVAILABLE)
    code = unavailable(known.layer, problem);
  else if (known.code != TLSPIN_MATCH)
    code = TLSPIN_E_NOT_FOUND;
  layers_answer_clear(&known);
  if (code != TLSPIN_OK)
    return code;
  store = writable(policy, now, problem);
  if (store == NULL)
    return TLSPIN_UNAVAILABLE;
  code = store_put_failure(store, peer, refusal_token(refusal), now);
  return explain(policy, code, problem);
}

struct walk {
  struct policy *policy;
  const struct layer *layer;
  int64_t now;
  policy_visit visit;
  void *data;
  uint32_t visited;
  struct peer last;
};

static bool is_masked(const struct walk *walk, const struct ticket_row *row)
{
  struct layers_answer known;
  bool masked;

  if (layers_count(walk->policy->layers) == 1)
    return false;
  layers_judge(walk->policy->layers, &row->peer, walk->now, &known);
  masked = known.layer != walk->layer;
  layers_answer_clear(&known);
  return masked;
}

static void visit_entry(struct walk *walk, const struct ticket_row *row)
{
  struct policy_entry entry = {row, walk->layer, "active", NULL};
  const struct layer *user = layers_at(walk->policy->layers, 0);
  struct failure_row failure;

  if (row->expires <= walk->now)
    entry.state = "expired";
  else if (is_masked(walk, row))
    entry.state = "masked";
  if (user->store != NULL && store_get_failure(user->store, &row->peer, &failure) == TLSPIN_OK)
    entry.failure = &failure;
  walk->visit(&entry, walk->data);
}

static bool visit_row(const struct ticket_row *row, void *data)
{
  struct walk *walk = data;

  visit_entry(walk, row);
  walk->last = row->peer;
  walk->visited++;
  return true;
}

/* The layer that the cursor names; its index is layers_count where it is gone. */
static size_t find_layer(struct policy *policy, const char *name)
{
  size_t i = 0;

  while (name[0] != '\0' && i < layers_count(policy->layers) &&
         strcmp(layers_at(policy->layers, i)->name, name) != 0)
    i++;
  return i;
}

enum tlspin_code policy_list(struct policy *policy, const struct store_filter *filter, int64_t now,
                             struct policy_cursor *cursor, uint32_t limit, policy_visit visit,
                             void *data, char **problem)
{
  struct walk walk = {.policy = policy, .now = now, .visit = visit, .data = data};
  size_t i = find_layer(policy, cursor->layer);
  enum tlspin_code code = TLSPIN_OK;

  layers_user(policy->layers, now);
  if (i == layers_count(policy->layers))
    return TLSPIN_E_ARGUMENT;
  for (; i < layers_count(policy->layers) && walk.visited < limit; i++) {
    const struct peer *after = cursor->peer.host[0] != '\0' ? &cursor->peer : NULL;

    walk.layer = layers_at(policy->layers, i);
    if (walk.layer->store != NULL)
      code = store_list(walk.layer->store, filter, after, limit - walk.visited, visit_row, &walk);
    if ((walk.layer->store == NULL || code != TLSPIN_OK) && i == 0)
      return unavailable(walk.layer, problem);
    cursor->peer.host[0] = '\0';
  }
  cursor->layer[0] = '\0';
  if (walk.visited == limit) {
    g_strlcpy(cursor->layer, walk.layer->name, sizeof cursor->layer);
    cursor->peer = walk.last;
  }
  return TLSPIN_OK;
}

/* One layer's entry of the peer, if it has one; TLSPIN_UNAVAILABLE where that can't be told. */
static enum tlspin_code visit_layer(struct walk *walk, const struct peer *peer)
{
  struct ticket_row row;
  enum tlspin_code code =
      walk->layer->store != NULL ? store_get(walk->layer->store, peer, &row) : TLSPIN_UNAVAILABLE;

  if (code == TLSPIN_E_NOT_FOUND)
    return TLSPIN_OK;
  if (code != TLSPIN_OK)
    return TLSPIN_UNAVAILABLE;
  visit_entry(walk, &row);
  walk->visited++;
  ticket_row_clear(&row);
  return TLSPIN_OK;
}

enum tlspin_code policy_get(struct policy *policy, const struct peer *peer, int64_t now,
                            policy_visit visit, void *data, char **problem)
{
  struct walk walk = {.policy = policy, .now = now, .visit = visit, .data = data};
  struct layers_answer known;
  const struct layer *first, *unreadable = NULL;

  layers_get(policy->layers, peer, now, &known);
  first = known.layer;
  layers_answer_clear(&known);
  walk.layer = first;
  if (first != NULL && visit_layer(&walk, peer) != TLSPIN_OK)
    unreadable = first;
  for (size_t i = 0; i < layers_count(policy->layers); i++) {
    walk.layer = layers_at(policy->layers, i);
    if (walk.layer != first && visit_layer(&walk, peer) != TLSPIN_OK)
      unreadable = walk.layer;
  }
  if (walk.visited > 0)
    return TLSPIN_OK;
  return unreadable != NULL ? unavailable(unreadable, problem) : TLSPIN_E_NOT_FOUND;
}

enum tlspin_code policy_clear(struct policy *policy, const struct store_filter *filter, int64_t now,
                              struct store_change *change, char **problem)
{
  struct store *store = writable(policy, now, problem);

  if (store == NULL)
    return TLSPIN_UNAVAILABLE;
  return explain(policy, store_clear(store, filter, now, change), problem);
}

enum tlspin_code policy_undo(struct policy *policy, uint64_t operation, int64_t now,
                             struct store_change *change, char **problem)
{
  struct store *store = writable(policy, now, problem);

  if (store == NULL)
    return TLSPIN_UNAVAILABLE;
  return explain(policy, store_undo(store, operation, now, change), problem);
}

void policy_touched(struct policy *policy, uint64_t operation, uint32_t limit,
                    void (*visit)(const struct peer *peer, void *data), void *data)
{
  struct store *store = layers_at(policy->layers, 0)->store;

  if (store != NULL)
    store_touched(store, operation, limit, visit, data);
}

void policy_tidy(struct policy *policy, int64_t now)
{
  const struct layer *user = layers_user(policy->layers, now);

  if (user->store != NULL)
    store_forget(user->store, now - policy->config.undo_period);
}
