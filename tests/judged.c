/* Judgements, written down: see judged.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/judged.h"

#include "daemon/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct policy_judged judged;
const char judged_key[] = "sha256//w20EW7NLgPrAhdE+9jUnTFivy2NQlaNjsklV5WUzgaY=";
const char judged_hex[] = "c36d045bb34b80fac085d13ef635274c58afcb635095a363b24955e5653381a6";

static struct keypin pins[JUDGED_MAX];
static struct verdict_entry entries[JUDGED_MAX];
static enum verdict_role roles[JUDGED_MAX];
static struct peer peer;
static struct layer layer;
static struct chain chain;

void judged_begin(enum tlspin_code answer, enum verdict_reason reason)
{
  peer = strata_peer("www.example.org");
  judged = (struct policy_judged){
      .verdict = {.answer = answer, .reason = reason, .decided_by = -1},
      .input = {.peer = &peer, .now = STRATA_NOW},
      .gathering = {.entries = entries, .ticket = {.code = TLSPIN_NO_PIN}},
      .roles = roles,
      .layer = "",
  };
}

struct keypin *judged_add(unsigned where, const char *place, enum keypin_status status,
                          enum keypin_origin origin, enum verdict_role role)
{
  size_t i = judged.gathering.count++;

  if (i >= JUDGED_MAX)
    abort();
  pins[i] = ledger_pin(place, status, origin, 0);
  entries[i] = (struct verdict_entry){&pins[i], where};
  roles[i] = role;
  return &pins[i];
}

void judged_decide(void)
{
  judged.verdict.decided_by = (int)judged.gathering.count - 1;
  roles[judged.verdict.decided_by] = VERDICT_DECIDED;
}

void judged_put_ticket(const char *name, enum lock lock)
{
  layer = (struct layer){.name = (char *)(uintptr_t)name};
  judged.gathering.ticket = (struct layers_answer){
      .code = TLSPIN_MATCH, .layer = &layer, .row = strata_row("www.example.org", lock, 1)};
  judged.input.ticket = TICKET_STANDS;
}

void judged_show(enum pki_status pki, unsigned errors)
{
  static const uint8_t spki[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21,
                                 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x11, 0x22,
                                 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x11, 0x22, 0x33, 0x44, 0x55,
                                 0x66, 0x77, 0x88, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
  const struct span key = {spki, sizeof spki};

  if (chain_read(&key, 1, true, true, digest_glib, &chain) != CHAIN_FINE)
    abort();
  judged.input.chain = &chain;
  judged.input.pki = pki;
  judged.input.errors = errors;
}
