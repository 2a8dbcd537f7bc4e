/* How an entry stands among the others: see standing.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/standing.h"

#include <string.h>

void standing_judge(struct policy *policy, const struct peer *peer, int64_t now,
                    struct policy_judged *judged)
{
  static const struct policy_shown nothing = {.ticket = TICKET_NONE, .program = ""};

  policy_explain(policy, peer, &nothing, now, judged);
}

/* Of the names below a host one that nothing else is likely to name, and a port likewise: what
 * masks just one name or port of many does not mask the entry. */
bool standing_peer(const struct place *place, struct peer *peer)
{
  static const char some_name[] = "tlspin-some-name";
  bool below = place->scope == SCOPE_ONE_LABEL || place->host[0] == '\0';
  int size = g_snprintf(peer->host, sizeof peer->host, "%s%s%s", below ? some_name : "",
                        below && place->host[0] != '\0' ? "." : "", place->host);

  peer->protocol =
      place->protocol == PLACE_ANY_PROTOCOL ? PROTOCOL_TLS : (enum protocol)place->protocol;
  peer->port = place->port != PLACE_ANY_PORT ? place->port : UINT16_MAX;
  return size <= HOST_MAX;
}

size_t standing_records(const struct policy_judged *judged)
{
  bool off = judged->gathering.ticket.code == TLSPIN_OPTED_OUT;

  return judged->gathering.count - (off ? 1 : 0);
}

enum verdict_role standing_of_record(struct policy *policy, const struct policy_judged *judged,
                                     const struct layer *layer, const struct keypin *pin,
                                     size_t *from)
{
  const struct verdict_entry *entries = judged->gathering.entries;
  size_t count = standing_records(judged);

  for (size_t k = 0; k < count; k++) {
    size_t i = (*from + k) % count;

    if (gathering_layer(policy_layers(policy), &entries[i]) == layer &&
        keypin_compare_key(entries[i].pin, pin) == 0) {
      *from = i + 1;
      return judged->roles[i];
    }
  }
  return VERDICT_ELSEWHERE;
}

/* The ticket that counts among the layers' stands, or was judged. */
static enum verdict_role role_of_known(const struct policy_judged *judged)
{
  const struct verdict *verdict = &judged->verdict;

  if (judged->gathering.ticket.code == TLSPIN_OPTED_OUT)
    return judged->roles[judged->gathering.count - 1];
  if (verdict->answer == TLSPIN_OPTED_OUT && verdict->reason != VERDICT_ADDED_ANCHOR)
    return verdict->reason == VERDICT_LOCKED_OFF ? VERDICT_LOCKED_OUT : VERDICT_MASKED;
  if (verdict->reason == VERDICT_TICKET || verdict->reason == VERDICT_PROVED ||
      (verdict->reason == VERDICT_STANDS && verdict->decided_by < 0))
    return VERDICT_DECIDED;
  if (verdict->reason == VERDICT_ADDED_ANCHOR)
    return VERDICT_EXEMPTED;
  return judged->input.ticket == TICKET_PROVED ? VERDICT_MATCHED : VERDICT_LOOKED_AT;
}

bool standing_ticket_decided(const struct policy_judged *judged)
{
  enum tlspin_code known = judged->gathering.ticket.code;

  return (known == TLSPIN_MATCH || known == TLSPIN_OPTED_OUT) &&
         role_of_known(judged) == VERDICT_DECIDED;
}

enum verdict_role standing_of_ticket(const struct policy_judged *judged, const struct layer *layer,
                                     const struct ticket_row *row, int64_t now)
{
  const struct layers_answer *known = &judged->gathering.ticket;

  if (row->expires <= now)
    return VERDICT_EXPIRED;
  if (known->layer != layer)
    return known->row.lock != LOCK_NONE ? VERDICT_LOCKED_OUT : VERDICT_MASKED;
  return role_of_known(judged);
}

static bool is_masked(enum verdict_role role)
{
  return role == VERDICT_MASKED || role == VERDICT_LOCKED_OUT;
}

const char *standing_record_state(const struct keypin *pin, enum verdict_role role, int64_t now)
{
  enum keypin_force force = keypin_force(pin, now);

  if (pin->kind == KEYPIN_PIN && pin->status == KEYPIN_INACTIVE)
    return "history";
  if (force == KEYPIN_EXPIRED)
    return "expired";
  if (is_masked(role))
    return "masked";
  return force == KEYPIN_REPORTED ? "reported" : "active";
}

const char *standing_ticket_state(const struct ticket_row *row, enum verdict_role role, int64_t now)
{
  if (row->expires <= now)
    return "expired";
  return is_masked(role) ? "masked" : "active";
}
