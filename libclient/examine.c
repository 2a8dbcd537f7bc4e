/* Certificates that a program or a tool has got from somewhere, judged by the PKI: see
 * tlspin-gnutls.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/tlspin-gnutls.h"

#include "common/text.h"
#include "libclient/argument.h"
#include "libclient/last.h"
#include "libclient/shown.h"

#include <stdlib.h>
#include <string.h>

struct tlspin_gnutls_shown {
  gnutls_datum_t *sent; /* ours */
  unsigned count;
  struct shown shown; /* points into them */
  struct tlspin_octets chain[CHAIN_MAX], served[CHAIN_MAX];
  struct tlspin_check check;
};

void tlspin_gnutls_shown_free(tlspin_gnutls_shown_t *shown)
{
  if (shown == NULL)
    return;
  shown_clear(&shown->shown);
  for (unsigned i = 0; i < shown->count; i++)
    free(shown->sent[i].data);
  free(shown->sent);
  free(shown);
}

/* What is beyond the longest path is kept too: the PKI is to see all of it. */
static bool copy(tlspin_gnutls_shown_t *shown, const gnutls_datum_t *certificates, unsigned count)
{
  shown->sent = calloc(count, sizeof *shown->sent);
  for (unsigned i = 0; shown->sent != NULL && i < count; i++) {
    shown->sent[i].data = malloc(certificates[i].size > 0 ? certificates[i].size : 1);
    if (shown->sent[i].data == NULL)
      return false;
    shown->count++;
    shown->sent[i].size = certificates[i].size;
    if (certificates[i].size > 0)
      memcpy(shown->sent[i].data, certificates[i].data, certificates[i].size);
  }
  return shown->sent != NULL;
}

static void fill_check(tlspin_gnutls_shown_t *shown)
{
  const struct chain *chain = &shown->shown.chain;
  const struct path *path = &shown->shown.path;

  for (size_t i = 0; i < chain->count; i++)
    shown->chain[i] = (struct tlspin_octets){chain->at[i].der.data, chain->at[i].der.size};
  for (size_t i = 0; i < shown->shown.sent_count; i++)
    shown->served[i] = (struct tlspin_octets){shown->shown.sent[i].data, shown->shown.sent[i].size};
  shown->check = (struct tlspin_check){
      .chain = shown->chain,
      .chain_size = chain->count,
      .flags = chain->path ? TLSPIN_CHECK_PATH : 0,
      .pki = path->pki == PKI_OK ? TLSPIN_PKI_OK : TLSPIN_PKI_FAILED,
      .errors = path->errors,
      .served = shown->served,
      .served_size = shown->shown.sent_count,
  };
}

static int examine(gnutls_certificate_credentials_t credentials, const char *host,
                   tlspin_gnutls_shown_t *shown)
{
  const struct path_question question = {credentials, shown->sent, shown->count, host};

  shown_of(shown->sent, shown->count, false, &shown->shown);
  if (!shown->shown.there)
    return last_say(TLSPIN_E_ARGUMENT, _("certificates: the first is none"));
  shown_find_path(&question, &shown->shown);
  if (shown->shown.partly)
    return last_say(TLSPIN_E_ARGUMENT, _("certificates: not all of them can be read"));
  fill_check(shown);
  return TLSPIN_OK;
}

int tlspin_gnutls_examine(gnutls_certificate_credentials_t credentials,
                          const gnutls_datum_t *certificates, unsigned count, const char *host,
                          tlspin_gnutls_shown_t **shown)
{
  char normal[HOST_MAX + 1];
  tlspin_gnutls_shown_t *made;
  int code;

  last_clear();
  if (shown == NULL)
    return argument_there(NULL, "shown");
  *shown = NULL;
  code = argument_there(credentials, "credentials");
  if (code == TLSPIN_OK)
    code = argument_there(count > 0 ? certificates : NULL, "certificates");
  if (code == TLSPIN_OK)
    code = argument_host(host, normal);
  if (code != TLSPIN_OK)
    return code == TLSPIN_CANNOT_BE_PINNED ? TLSPIN_E_ARGUMENT : code;
  made = calloc(1, sizeof *made);
  if (made == NULL || !copy(made, certificates, count))
    code = last_code(TLSPIN_E_MEMORY);
  else
    code = examine(credentials, normal, made);
  if (code == TLSPIN_OK)
    *shown = made;
  else
    tlspin_gnutls_shown_free(made);
  return code;
}

const struct tlspin_check *tlspin_gnutls_shown_check(const tlspin_gnutls_shown_t *shown)
{
  return &shown->check;
}
