/* Pages of all that the layers hold: see catalogue.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/catalogue.h"

#include "daemon/policy-private.h"
#include "daemon/standing.h"

#include <string.h>

/* An entry of a page. How it stands is judged only once the walk over its layer is over: a
 * judgement may open a layer again. */
struct item {
  const struct layer *layer;
  bool is_record;
  struct ticket_row row;
  struct keypin pin;
};

struct page {
  const struct layer *layer; /* that is walked over */
  GArray *items;             /* struct item */
  bool failed;               /* no memory */
};

static void item_clear(void *data)
{
  struct item *item = data;

  if (item->is_record)
    keypin_clear(&item->pin);
}

/* Tickets and secrets are not for the user, and many. */
static bool add_ticket(const struct ticket_row *row, void *data)
{
  struct page *page = data;
  struct item item = {.layer = page->layer, .row = *row};

  item.row.ticket.data = NULL;
  item.row.secret = (struct span){NULL, 0};
  item.row.owned = NULL;
  g_array_append_val(page->items, item);
  return true;
}

static bool add_record(const struct keypin *pin, void *data)
{
  struct page *page = data;
  struct item item = {.layer = page->layer, .is_record = true, .pin = *pin};

  item.pin.owned = NULL;
  page->failed = !keypin_own(&item.pin);
  if (!page->failed)
    g_array_append_val(page->items, item);
  return !page->failed;
}

/* What the layer has after the cursor: its tickets, then its records. */
static enum tlspin_code walk_layer(struct page *page, const struct store_filter *filter,
                                   const struct policy_cursor *cursor, uint32_t limit)
{
  struct store *store = page->layer->store;
  const struct peer *peer = cursor->after == AFTER_TICKET ? &cursor->peer : NULL;
  const struct keypin *pin = cursor->after == AFTER_RECORD ? &cursor->pin : NULL;
  enum tlspin_code code = TLSPIN_OK;

  if (filter->tickets && pin == NULL)
    code = store_list(store, filter, peer, limit - page->items->len, add_ticket, page);
  if (code == TLSPIN_OK && filter->records && page->items->len < limit)
    code = store_list_pins(store, filter, pin, limit - page->items->len, add_record, page);
  return page->failed ? TLSPIN_E_MEMORY : code;
}

/* Who is told, and of what. */
struct view {
  struct policy *policy;
  int64_t now;
  bool roles; /* are told, too */
  policy_visit visit;
  void *data;
  size_t visited;
};

/* Of the last peer of a page that was judged; `judged` points to `peer`. */
struct judgement {
  bool made;
  struct peer peer;
  struct policy_judged judged;
  size_t from; /* see standing_of_record */
};

static void show_ticket(struct view *view, const struct layer *layer, const struct ticket_row *row,
                        enum verdict_role role)
{
  const struct layer *user = layers_at(view->policy->layers, 0);
  struct policy_entry entry = {.row = row,
                               .layer = layer,
                               .state = standing_ticket_state(row, role, view->now),
                               .role = view->roles ? verdict_role_token(role) : NULL};
  struct failure_row failure;

  if (user->store != NULL && store_get_failure(user->store, &row->peer, &failure) == TLSPIN_OK)
    entry.failure = &failure;
  view->visit(&entry, view->data);
  view->visited++;
}

static void show_record(struct view *view, const struct layer *layer, const struct keypin *pin,
                        enum verdict_role role)
{
  const struct policy_entry entry = {.pin = pin,
                                     .layer = layer,
                                     .state = standing_record_state(pin, role, view->now),
                                     .role = view->roles ? verdict_role_token(role) : NULL};

  view->visit(&entry, view->data);
  view->visited++;
}

static bool is_same(const struct peer *a, const struct peer *b)
{
  return a->port == b->port && a->protocol == b->protocol && strcmp(a->host, b->host) == 0;
}

static void forget_judgement(struct judgement *j)
{
  if (j->made)
    policy_judged_clear(&j->judged);
  j->made = false;
}

static void judge_peer(struct view *view, struct judgement *j, const struct peer *peer)
{
  if (j->made && is_same(&j->peer, peer))
    return;
  forget_judgement(j);
  j->peer = *peer;
  standing_judge(view->policy, &j->peer, view->now, &j->judged);
  j->made = true;
  j->from = 0;
}

static void show_item(struct view *view, struct judgement *j, const struct item *item)
{
  struct peer peer = item->row.peer;

  if (item->is_record && !standing_peer(&item->pin.place, &peer)) {
    show_record(view, item->layer, &item->pin, VERDICT_ELSEWHERE);
    return;
  }
  judge_peer(view, j, &peer);
  if (item->is_record)
    show_record(view, item->layer, &item->pin,
                standing_of_record(view->policy, &j->judged, item->layer, &item->pin, &j->from));
  else
    show_ticket(view, item->layer, &item->row,
                standing_of_ticket(&j->judged, item->layer, &item->row, view->now));
}

/* What one place has many of is judged together. */
static void show_page(struct view *view, const struct page *page)
{
  struct judgement j = {.made = false};

  for (guint i = 0; i < page->items->len; i++)
    show_item(view, &j, &g_array_index(page->items, struct item, i));
  forget_judgement(&j);
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

static void cursor_move(struct policy_cursor *cursor, const struct item *last)
{
  g_strlcpy(cursor->layer, last->layer->name, sizeof cursor->layer);
  cursor->after = last->is_record ? AFTER_RECORD : AFTER_TICKET;
  cursor->peer = last->row.peer;
  cursor->pin = last->pin;
  cursor->pin.owned = NULL; /* what it points to is the page's */
  keypin_clear(&cursor->pin);
}

/* Fills the page from the layers, the i-th first. */
static enum tlspin_code collect(struct policy *policy, const struct store_filter *filter, size_t i,
                                struct policy_cursor *cursor, uint32_t limit, struct page *page,
                                char **problem)
{
  for (; i < layers_count(policy->layers) && page->items->len < limit; i++) {
    enum tlspin_code code = TLSPIN_UNAVAILABLE;

    page->layer = layers_at(policy->layers, i);
    if (page->layer->store != NULL)
      code = walk_layer(page, filter, cursor, limit);
    if (code == TLSPIN_E_MEMORY)
      return code;
    if (code != TLSPIN_OK && i == 0)
      return policy_unavailable(page->layer, problem);
    cursor->after = AFTER_NOTHING;
  }
  cursor->layer[0] = '\0';
  if (page->items->len == limit)
    cursor_move(cursor, &g_array_index(page->items, struct item, limit - 1));
  return TLSPIN_OK;
}

enum tlspin_code policy_list(struct policy *policy, const struct store_filter *filter, int64_t now,
                             struct policy_cursor *cursor, uint32_t limit, policy_visit visit,
                             void *data, char **problem)
{
  struct view view = {.policy = policy, .now = now, .visit = visit, .data = data};
  struct page page = {.items = g_array_new(FALSE, FALSE, sizeof(struct item))};
  size_t i = find_layer(policy, cursor->layer);
  enum tlspin_code code = TLSPIN_E_ARGUMENT;

  g_array_set_clear_func(page.items, item_clear);
  policy_flush(policy, now);
  if (i < layers_count(policy->layers))
    code = collect(policy, filter, i, cursor, limit, &page, problem);
  if (code == TLSPIN_OK)
    show_page(&view, &page);
  g_array_unref(page.items);
  return code;
}

/* The ticket of one layer, if it has one; false where that can't be told. */
static bool show_layer(struct view *view, const struct policy_judged *judged,
                       const struct layer *layer)
{
  struct ticket_row row;
  enum tlspin_code code =
      layer->store != NULL ? store_get(layer->store, judged->input.peer, &row) : TLSPIN_UNAVAILABLE;

  if (code != TLSPIN_OK)
    return code == TLSPIN_E_NOT_FOUND;
  show_ticket(view, layer, &row, standing_of_ticket(judged, layer, &row, view->now));
  ticket_row_clear(&row);
  return true;
}

/* The tickets of all layers, the one that counts first. Returns a layer that can't be read. */
static const struct layer *show_tickets(struct view *view, const struct policy_judged *judged)
{
  const struct layer *first = judged->gathering.ticket.layer, *unreadable = NULL;

  if (first != NULL && !show_layer(view, judged, first))
    unreadable = first;
  for (size_t i = 0; i < layers_count(view->policy->layers); i++) {
    const struct layer *layer = layers_at(view->policy->layers, i);

    if (layer != first && !show_layer(view, judged, layer))
      unreadable = layer;
  }
  return unreadable;
}

static void show_entry(struct view *view, const struct policy_judged *judged, size_t i)
{
  const struct verdict_entry *entry = &judged->gathering.entries[i];

  show_record(view, gathering_layer(view->policy->layers, entry), entry->pin, judged->roles[i]);
}

enum tlspin_code policy_get(struct policy *policy, const struct peer *peer, int64_t now,
                            policy_visit visit, void *data, char **problem)
{
  struct view view = {.policy = policy, .now = now, .visit = visit, .data = data};
  const struct layer *unreadable;
  struct policy_judged judged;
  enum tlspin_code code;
  size_t decided, records;

  policy_flush(policy, now);
  standing_judge(policy, peer, now, &judged);
  records = standing_records(&judged);
  decided = judged.verdict.decided_by < 0 ? records : (size_t)judged.verdict.decided_by;
  if (decided < records)
    show_entry(&view, &judged, decided);
  unreadable = show_tickets(&view, &judged);
  for (size_t i = 0; i < records; i++)
    if (i != decided && judged.roles[i] != VERDICT_ELSEWHERE)
      show_entry(&view, &judged, i);
  if (judged.gathering.unreadable != NULL)
    unreadable = judged.gathering.unreadable;
  code =
      view.visited > 0 || unreadable == NULL ? TLSPIN_OK : policy_unavailable(unreadable, problem);
  policy_judged_clear(&judged);
  return code == TLSPIN_OK && view.visited == 0 ? TLSPIN_E_NOT_FOUND : code;
}

int policy_entries(struct policy *policy, const struct policy_judged *judged, int64_t now,
                   policy_visit visit, void *data)
{
  struct view view = {.policy = policy, .now = now, .roles = true, .visit = visit, .data = data};
  const struct verdict *verdict = &judged->verdict;
  size_t records = standing_records(judged);

  for (size_t i = 0; i < records; i++)
    show_entry(&view, judged, i);
  show_tickets(&view, judged);
  if (verdict->decided_by >= 0) /* that of a locked "off" stands for its ticket, the first one */
    return verdict->decided_by;
  return view.visited > records && standing_ticket_decided(judged) ? (int)records : -1;
}

enum tlspin_code policy_events(struct policy *policy, uint64_t after, const char *host,
                               uint32_t limit, int64_t now, store_event_visit visit, void *data,
                               char **problem)
{
  const struct layer *user = layers_user(policy->layers, now);
  enum tlspin_code code = TLSPIN_UNAVAILABLE;

  if (user->store != NULL)
    code = store_events(user->store, after, host, limit, visit, data);
  return policy_fault(policy, code, problem);
}
