/* What comes over the wire: bodies of the extension, sealed tickets, ClientHello, and headers of
 * HTTP with the directives that they are made of.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz/fuzz.h"

#include "handshake/hello.h"
#include "libserver/seal.h"
#include "pinning/base64.h"
#include "pinning/directives.h"
#include "pinning/hpkp.h"
#include "pinning/ticket.h"

#include <string.h>

#define HOST "www.example.org"

/* LONG: octets of a header without report-uri. */
enum { BODY_MAX = 1 << 18, LONG = 64 + 60 * HPKP_PINS_MAX };

static uint8_t buffer[BODY_MAX];

/* "No ticket" may be said in three ways; each other body is the only one that says what it says. */
static void try_client(struct span body)
{
  struct writer w = writer_of(buffer, sizeof buffer);
  struct span ticket;

  if (!ticket_read_client(body, &ticket))
    return;
  require(ticket.size <= TICKET_MAX);
  ticket_write_client(&w, ticket);
  require(ticket.size == 0 || span_equal(writer_span(&w), body));
}

static void try_server(struct span body)
{
  struct writer w = writer_of(buffer, sizeof buffer);
  struct ticket_answer answer, again;

  if (!ticket_read_server(body, &answer))
    return;
  require(answer.has_proof || answer.proof.size == 0);
  require(answer.has_ticket || answer.ticket.size == 0);
  ticket_write_server(&w, &answer);
  require(!w.failed && ticket_read_server(writer_span(&w), &again));
  require(span_equal(writer_span(&w), body));
}

static const struct keys *own_keys(void)
{
  static struct key key = {.id = {1, 2, 3, 4, 5, 6, 7, 8}, .name = HOST, .secret = {9}, .line = 1};
  static struct keys keys;
  unsigned first, second;

  if (keys.list == NULL) {
    keys = (struct keys){.count = 1, .list = &key};
    require(keys_index(&keys, &first, &second));
  }
  return &keys;
}

/* A ticket opens as it was sealed, and not with a bit of it changed, nor for another name; and
 * nobody else can make one. */
static void try_ticket(struct span octets)
{
  const struct keys *keys = own_keys();
  const struct seal_content content = {.secret = {.size = 32}, .issued = 5, .lifetime = 6};
  struct writer w = writer_of(buffer, sizeof buffer);
  struct seal_content opened;
  size_t at;

  require(seal_read(octets, keys, HOST, &opened) != SEAL_OPENED);
  require(seal_write(&w, &keys->list[0], HOST, &content));
  require(seal_read(writer_span(&w), keys, HOST, &opened) == SEAL_OPENED);
  require(opened.secret.size == 32 && opened.issued == 5 && opened.lifetime == 6);
  require(seal_read(writer_span(&w), keys, "w" HOST, &opened) != SEAL_OPENED);
  if (octets.size < 2 || octets.data[1] == 0)
    return;
  at = octets.data[0] % w.used;
  buffer[at] ^= octets.data[1];
  require(seal_read(writer_span(&w), keys, HOST, &opened) != SEAL_OPENED);
}

static bool is_inside(struct span part, struct span whole)
{
  return part.size == 0 || (part.data >= whole.data && part.size <= whole.size &&
                            (size_t)(part.data - whole.data) <= whole.size - part.size);
}

static void try_hello(struct span body)
{
  struct span name;

  if (hello_server_name(body, &name))
    require(is_inside(name, body));
}

static void try_directives(struct span text, enum directives_manner manner)
{
  struct directives directives = directives_of(text, manner);
  struct directive directive;
  size_t at = 0;
  enum directives_step step;

  while ((step = directives_next(&directives, &directive)) == DIRECTIVES_NEXT) {
    uint8_t *value = malloc(directive.value.size + 1);
    struct writer w = writer_of(value, directive.value.size + 1);

    require(directives.at > at && directives.at <= text.size);
    at = directives.at;
    require(directive.name.size > 0 && is_inside(directive.name, text));
    require(is_inside(directive.value, text));
    directive_value(&directive, &w);
    require(!w.failed && w.used <= directive.value.size);
    require(directive_names_equal(directive.name, directive.name));
    free(value);
  }
  require(step == DIRECTIVES_MALFORMED || directives.at == text.size);
}

static void put(struct writer *w, const char *text)
{
  writer_put(w, (struct span){(const uint8_t *)text, strlen(text)});
}

/* What was read, written as the RFC has it, is read as the same. */
static void try_again(const struct hpkp *hpkp)
{
  uint8_t field[LONG];
  struct writer w = writer_of(field, sizeof field);
  struct hpkp again;
  char age[32];

  snprintf(age, sizeof age, "max-age=%llu", (unsigned long long)hpkp->max_age);
  put(&w, hpkp->has_max_age ? age : "x");
  for (size_t i = 0; i < hpkp->pins; i++) {
    char text[BASE64_TEXT + 1];

    base64_write(hpkp->pin[i], text);
    put(&w, "; pin-sha256=\"");
    put(&w, text);
    put(&w, "\"");
  }
  put(&w, hpkp->subdomains ? "; includeSubDomains" : "");
  require(hpkp_read_strict(writer_span(&w), &again));
  require(again.pins == hpkp->pins && memcmp(again.pin, hpkp->pin, sizeof hpkp->pin) == 0);
  require(again.has_max_age == hpkp->has_max_age && again.max_age == hpkp->max_age);
  require(again.subdomains == hpkp->subdomains);
}

/* Judged over a chain that has the first of its pins alone, only the report needs no other. */
static void try_judge(const struct hpkp *hpkp)
{
  const uint8_t none[1][32] = {{0}};
  const uint8_t(*first)[32] = hpkp->pins > 0 ? hpkp->pin : none;
  const char *reason = NULL;

  for (int report_only = 0; report_only < 2; report_only++) {
    enum hpkp_outcome outcome = hpkp_judge_digests(hpkp, report_only, first, 1, &reason);

    require(outcome < HPKP_OUTCOMES && hpkp_outcome_token(outcome) != NULL);
    require(outcome != HPKP_IGNORE || reason != NULL);
    require(outcome != HPKP_NOTE || (hpkp->pins >= 2 && hpkp->has_max_age && hpkp->max_age > 0));
    require(!report_only || (outcome != HPKP_NOTE && outcome != HPKP_REMOVE));
    hpkp_forgets(hpkp, report_only);
  }
}

static void try_header(struct span header)
{
  struct hpkp hpkp, strict;

  if (hpkp_read(header, &hpkp)) {
    require(hpkp.pins <= HPKP_PINS_MAX && hpkp_age(&hpkp) <= HPKP_AGE_MAX);
    require(strnlen(hpkp.report_uri, sizeof hpkp.report_uri) <= HPKP_URI_MAX);
    try_again(&hpkp);
    try_judge(&hpkp);
  }
  if (hpkp_read_strict(header, &strict))
    require(memcmp(&strict, &hpkp, sizeof strict) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct span octets = {data, size};

  try_client(octets);
  try_server(octets);
  try_ticket(octets);
  try_hello(octets);
  try_directives(octets, DIRECTIVES_STRICT);
  try_directives(octets, DIRECTIVES_TOLERANT);
  try_header(octets);
  return 0;
}
