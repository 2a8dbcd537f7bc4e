/* What may be stored, answered and kept: see policy.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/policy-private.h"

#include "common/text.h"
#include "daemon/learn.h"
#include "daemon/slack.h"

#include <string.h>
#include <sys/random.h>

struct policy *policy_new(struct layers *layers, const struct config *config,
                          const char *vendor_anchors)
{
  struct policy *policy = g_new0(struct policy, 1);

  policy->layers = layers;
  policy->config = config;
  policy->anchors = anchors_new(vendor_anchors);
  policy->tally = tally_new();
  return policy;
}

void policy_free(struct policy *policy)
{
  anchors_free(policy->anchors);
  tally_free(policy->tally);
  recall_clear(&policy->recall);
  g_free(policy);
}

const struct config *policy_config(const struct policy *policy)
{
  return policy->config;
}

struct layers *policy_layers(const struct policy *policy)
{
  return policy->layers;
}

/* What is opened anew may be another store, or an older state of it. */
static void save_locks(struct policy *policy)
{
  const struct layer *user = layers_at(policy->layers, 0);

  if (user->store == NULL)
    return;
  if (policy->recalled_in != user->used)
    policy->recall.saved = false;
  policy->recalled_in = user->used;
  recall_save(&policy->recall, user->store);
}

static void resolve_settings(struct policy *policy, settings_visit visit, void *data)
{
  unsigned version = layers_version(policy->layers);
  bool lasting = settings_resolve(policy->layers, policy->config, &policy->recall,
                                  &policy->settings, visit, data);

  policy->settings_version = lasting ? version : 0;
  save_locks(policy);
}

/* What system layers say is read anew only where they were. */
void policy_settings(struct policy *policy, struct settings *settings, settings_visit visit,
                     void *data)
{
  if (visit != NULL || policy->settings_version != layers_version(policy->layers))
    resolve_settings(policy, visit, data);
  *settings = policy->settings;
}

/* Modes are the verdict's to weigh: see its rules. */
static void regard_modes(struct policy *policy, const struct peer *peer, int64_t now,
                         struct gathering *gathering)
{
  struct layers_answer *ticket = &gathering->ticket;
  struct verdict_input input = {
      .peer = peer,
      .entries = gathering->entries,
      .count = gathering->count,
      .unreadable = gathering->unreadable != NULL,
      .lost = gathering->lost,
      .suspect = gathering->suspect,
      .ticket = ticket->code == TLSPIN_MATCH ? TICKET_STANDS : TICKET_NONE,
      .ticket_reported = ticket->row.lock == LOCK_REPORT,
      .ticket_locked = ticket->row.lock != LOCK_NONE,
      .now = now,
  };
  struct verdict verdict;

  verdict_judge(&input, &verdict);
  if (verdict.answer != TLSPIN_OPTED_OUT)
    return;
  layers_answer_clear(ticket);
  ticket->code = TLSPIN_OPTED_OUT;
  ticket->reason = verdict_reason_token(verdict.reason);
  ticket->layer = verdict.decided_by < 0
                      ? NULL
                      : gathering_layer(policy->layers, &gathering->entries[verdict.decided_by]);
  if (verdict.reason == VERDICT_LOCKED_OFF)
    ticket->row.lock = LOCK_OFF;
}

void policy_lookup(struct policy *policy, const struct peer *peer, int64_t now,
                   struct gathering *gathering, struct settings *settings)
{
  gathering_make(policy->layers, peer, now, gathering);
  if (gathering->count > 0)
    regard_modes(policy, peer, now, gathering);
  policy_settings(policy, settings, NULL, NULL);
}

enum tlspin_code policy_unavailable(const struct layer *layer, char **problem)
{
  *problem = layer->problem != NULL ? g_strdup(layer->problem) : layer_write_problem(layer);
  if (*problem == NULL)
    *problem = g_strdup_printf(_("The pin store '%s' can't be read or written now. Is the disk "
                                 "full? Look at 'tlspin status'."),
                               layer->path);
  return TLSPIN_UNAVAILABLE;
}

struct store *policy_writable(struct policy *policy, int64_t now, char **problem)
{
  const struct layer *user = layers_user(policy->layers, now);

  if (user->store == NULL)
    policy_unavailable(user, problem);
  return user->store;
}

enum tlspin_code policy_fault(struct policy *policy, enum tlspin_code code, char **problem)
{
  const struct layer *user = layers_at(policy->layers, 0);

  if (code == TLSPIN_E_BUSY) {
    policy->due = true;
    if (user->waits)
      *problem = layer_write_problem(user);
  }
  return code == TLSPIN_UNAVAILABLE ? policy_unavailable(user, problem) : code;
}

enum tlspin_code policy_crowded(const struct place *place, char **problem)
{
  const char *host = place->host[0] != '\0' ? place->host : "*";
  char text[PLACE_TEXT_SIZE];

  place_text(place, text);
  *problem = g_strdup_printf(_("There are %d entries for '%s' already, and there can't be more. "
                               "'tlspin list %s' shows them, 'tlspin clear %s' removes them."),
                             STORE_PLACE_MAX, text, host, host);
  return TLSPIN_E_LIMIT;
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

/* As a key is not learned there (rule 4 of verdict.c): who stands in between would be pinned in
 * place of the server. He can't have a ticket proved, so that a series that goes on is not
 * concerned. */
static bool is_exempt(struct policy *policy, const struct policy_ticket *ticket,
                      const struct settings *settings)
{
  return ticket->series == 0 && !settings->anchors_enforced &&
         anchors_added_digest(policy->anchors, ticket->anchor);
}

static enum tlspin_code put(struct policy *policy, const struct layers_answer *known,
                            const struct policy_ticket *ticket, const struct settings *settings,
                            int64_t now, enum policy_outcome *outcome, int64_t *expires,
                            char **problem)
{
  struct store *store = policy_writable(policy, now, problem);
  struct ticket_row row = {.peer = ticket->peer,
                           .ticket = ticket->ticket,
                           .secret = ticket->secret,
                           .hash = ticket->hash,
                           .issued = now,
                           .expires = now + MIN(ticket->lifetime, settings->lifetime_cap)};
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
  if (is_exempt(policy, ticket, settings)) {
    *outcome = POLICY_OPTED_OUT;
    return TLSPIN_OK;
  }
  code = store_put(store, &row, ours ? ticket->series : 0, now);
  if (code == TLSPIN_MISMATCH) /* another daemon on this home was faster */
    return TLSPIN_OK;
  if (code != TLSPIN_OK)
    return policy_fault(policy, code, problem);
  *outcome = ticket->series == 0 ? POLICY_STORED : POLICY_RENEWED;
  *expires = row.expires;
  return TLSPIN_OK;
}

enum tlspin_code policy_store(struct policy *policy, const struct policy_ticket *ticket,
                              int64_t now, enum policy_outcome *outcome, int64_t *expires,
                              char **problem)
{
  struct gathering gathering;
  struct settings settings;
  enum tlspin_code code;

  *expires = 0;
  *outcome = POLICY_NOTHING;
  policy_lookup(policy, &ticket->peer, now, &gathering, &settings);
  if (ticket->lifetime == 0 || ticket->ticket.size == 0 || settings.lifetime_cap == 0)
    code = TLSPIN_OK;
  else if (gathering.ticket.code == TLSPIN_UNAVAILABLE)
    code = policy_unavailable(gathering.ticket.layer, problem);
  else if (gathering.ticket.code == TLSPIN_CLOCK_SUSPECT ||
           gathering.ticket.code == TLSPIN_STORE_DAMAGED)
    code = TLSPIN_OK; /* there may be one in force, or was: nothing takes its place */
  else
    code = put(policy, &gathering.ticket, ticket, &settings, now, outcome, expires, problem);
  gathering_clear(&gathering);
  return code;
}

/* A failure that can't be logged was counted all the same. */
static uint64_t log_failure(struct store *store, const struct layers_answer *known,
                            const struct peer *peer, enum refusal refusal, int64_t now)
{
  struct event_row event = {
      .kind = known->row.lock == LOCK_REPORT ? "reported" : "mismatch",
      .peer = *peer,
      .reason = refusal_token(refusal),
      .layer = known->layer->name,
      .key = "",
      .report = "",
      .program = "",
  };
  uint64_t number = 0;

  return store_log(store, &event, now, &number) == TLSPIN_OK ? number : 0;
}

static enum tlspin_code report(struct policy *policy, const struct layers_answer *known,
                               const struct peer *peer, enum refusal refusal, int64_t now,
                               uint64_t *event, char **problem)
{
  struct store *store;
  enum tlspin_code code;

  if (known->code == TLSPIN_UNAVAILABLE)
    return policy_unavailable(known->layer, problem);
  if (known->code != TLSPIN_MATCH)
    return TLSPIN_E_NOT_FOUND;
  store = policy_writable(policy, now, problem);
  if (store == NULL)
    return TLSPIN_UNAVAILABLE;
  code = store_put_failure(store, peer, refusal_token(refusal), now);
  if (code == TLSPIN_OK)
    *event = log_failure(store, known, peer, refusal, now);
  return policy_fault(policy, code, problem);
}

enum tlspin_code policy_report(struct policy *policy, const struct peer *peer, enum refusal refusal,
                               int64_t now, uint64_t *event, char **problem)
{
  struct gathering gathering;
  struct settings settings;
  enum tlspin_code code;

  *event = 0;
  policy_lookup(policy, peer, now, &gathering, &settings);
  code = report(policy, &gathering.ticket, peer, refusal, now, event, problem);
  gathering_clear(&gathering);
  return code;
}

void policy_logged(struct policy *policy, uint64_t event, store_event_visit visit, void *data)
{
  struct store *store = layers_at(policy->layers, 0)->store;

  if (store != NULL && event != 0)
    store_events(store, event - 1, NULL, 1, visit, data);
}

void policy_flush(struct policy *policy, int64_t now)
{
  const struct layer *user = layers_user(policy->layers, now);

  if (user->store == NULL)
    return;
  tally_write(policy->tally, user->store);
  save_locks(policy);
}

/* What is young by either time stays where the clock isn't trusted. */
static int64_t oldest_kept(const struct policy *policy, int64_t now)
{
  const int64_t *says = layers_clock(policy->layers);

  return (says != NULL ? MIN(*says, now) : now) - policy->config->undo_period;
}

/* What fails is no harm before the next time. */
bool policy_tidy(struct policy *policy, int64_t now)
{
  const struct layer *user = layers_user(policy->layers, now);
  bool more = false;

  policy->images = 0;
  if (user->store == NULL)
    return false;
  store_drop_drafts(user->store);
  if (store_forget(user->store, oldest_kept(policy, now), POLICY_IMAGES, &more) == TLSPIN_OK &&
      more)
    return true;
  store_trim_history(user->store, HISTORY_MAX, HISTORY_EACH);
  policy_remove_asides(policy);
  slack_return();
  return false;
}

bool policy_has_grown(const struct policy *policy)
{
  return policy->due || policy->images > POLICY_IMAGES;
}
