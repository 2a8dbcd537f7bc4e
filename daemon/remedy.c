/* Commands that would change an answer: see remedy.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/remedy.h"

#include "daemon/clearing.h"
#include "daemon/standing.h"

#include <string.h>

static void server_text(const struct policy_judged *judged, char text[PLACE_TEXT_SIZE])
{
  const struct place place = place_of_peer(judged->input.peer);

  place_text(&place, text);
}

char *remedy_words(const struct policy_judged *judged, const char *words)
{
  char server[PLACE_TEXT_SIZE];

  server_text(judged, server);
  return g_strdup_printf("tlspin %s %s", words, server);
}

static bool users_ticket_decided(const struct policy_judged *judged)
{
  return standing_ticket_decided(judged) &&
         strcmp(judged->gathering.ticket.layer->name, LAYER_USER) == 0;
}

char *remedy_clear(const struct policy_judged *judged, meant_test test)
{
  g_autoptr(GPtrArray) meant = meant_find(judged, test);

  if (meant->len > 0)
    return clearing_command(judged, meant);
  return users_ticket_decided(judged) ? clearing_of_ticket(judged) : NULL;
}

/* The server's own key. False where nothing was shown, or it can't be digested. */
static bool find_key(const struct policy_judged *judged, struct keypin *pin)
{
  struct chain *chain = judged->input.chain;
  struct span digest;

  *pin = (struct keypin){.selector = SELECTOR_SPKI, .matching = MATCHING_SHA256};
  if (chain == NULL || !chain_digest_at(chain, 0, pin->selector, pin->matching, &digest))
    return false;
  memcpy(pin->digest, digest.data, digest.size);
  return true;
}

/* Nobody can be asked over DTLS. */
static char *pin_from_server(const struct policy_judged *judged)
{
  return judged->input.peer->protocol == PROTOCOL_TLS ? remedy_words(judged, "pin --from-server")
                                                      : NULL;
}

char *remedy_pin(const struct policy_judged *judged)
{
  char key[KEYPIN_KEY_TEXT_SIZE];
  g_autofree char *words = NULL;
  struct keypin pin;

  if (judged->verdict.reason == VERDICT_TICKET || meant_any(judged, meant_as_beside))
    return NULL;
  if (judged->input.chain == NULL)
    return pin_from_server(judged);
  if (!find_key(judged, &pin) || !keypin_key_text(&pin, key))
    return NULL;
  words = g_strdup_printf("pin --level leaf --key %s", key);
  return remedy_words(judged, words);
}

char *remedy_except(const struct policy_judged *judged)
{
  unsigned errors = judged->input.errors;
  g_autofree char *words = NULL;
  GString *text;
  struct keypin pin;

  if (errors == 0 || (errors & ~(unsigned)PKI_EXCUSABLE) != 0 || !find_key(judged, &pin))
    return NULL;
  text = g_string_new("except --key '3 1 1 ");
  for (size_t i = 0; i < matching_size(pin.matching); i++)
    g_string_append_printf(text, "%02x", pin.digest[i]);
  g_string_append(text, "' --until 30d");
  for (unsigned bit = 0; bit < PKI_ERRORS; bit++)
    if ((errors & 1U << bit) != 0)
      g_string_append_printf(text, " --error %s", pki_error_token((enum pki_error)(1U << bit)));
  words = g_string_free(text, FALSE);
  return remedy_words(judged, words);
}
