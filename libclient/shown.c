/* What the server of a session showed of itself: see shown.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/shown.h"

#include "common/certificate.h"
#include "pinning/digest.h"

static struct span span_of(const gnutls_datum_t *datum)
{
  return (struct span){datum->data, datum->size};
}

static bool is_among(struct span octets, const struct span *list, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (span_equal(octets, list[i]))
      return true;
  return false;
}

static bool is_certificate(struct span octets)
{
  struct certificate certificate;

  return octets.size <= CHAIN_CERTIFICATE_MAX && certificate_read(octets, &certificate);
}

/* Servers do send certificates twice, and more than anybody needs. One that can't be read must not
 * hide the others. */
static size_t pick(const gnutls_datum_t *sent, unsigned count, struct span picked[CHAIN_MAX],
                   bool *partly)
{
  size_t used = 0;

  *partly = false;
  for (unsigned i = 0; i < count; i++) {
    struct span octets = span_of(&sent[i]);

    if (i > 0 && is_among(octets, picked, used))
      continue;
    if (used < CHAIN_MAX && (i == 0 || is_certificate(octets)))
      picked[used++] = octets;
    else
      *partly = true;
  }
  return used;
}

static void keep_sent(const gnutls_datum_t *sent, unsigned count, struct shown *shown)
{
  for (unsigned i = 0; i < count && shown->sent_count < CHAIN_MAX; i++)
    if (sent[i].size <= CHAIN_CERTIFICATE_MAX)
      shown->sent[shown->sent_count++] = span_of(&sent[i]);
}

void shown_of(const gnutls_datum_t *sent, unsigned count, bool raw, struct shown *shown)
{
  struct span picked[CHAIN_MAX] = {{NULL, 0}};
  bool partly;
  size_t used = pick(sent, raw && count > 1 ? 1 : count, picked, &partly);

  *shown = (struct shown){.partly = partly, .path = {.pki = PKI_UNCHECKED}};
  shown->there = chain_read(picked, used, raw, false, digest_gnutls, &shown->chain) == CHAIN_FINE;
  if (!raw)
    keep_sent(sent, count, shown);
}

void shown_read(gnutls_session_t session, struct shown *shown)
{
  unsigned count = 0;
  const gnutls_datum_t *sent = gnutls_certificate_get_peers(session, &count);

  shown_of(sent, sent != NULL ? count : 0,
           gnutls_certificate_type_get2(session, GNUTLS_CTYPE_SERVER) == GNUTLS_CRT_RAWPK, shown);
}

static void take_path(struct shown *shown)
{
  struct span path[CHAIN_MAX];
  struct chain chain;

  for (size_t i = 0; i < shown->path.count; i++)
    path[i] = span_of(&shown->path.at[i]);
  if (shown->path.count > 0 &&
      chain_read(path, shown->path.count, false, true, digest_gnutls, &chain) == CHAIN_FINE)
    shown->chain = chain;
  else if (shown->path.pki == PKI_OK)
    shown->partly = true;
}

void shown_open(gnutls_session_t session, struct shown_path *known, struct shown *shown)
{
  shown_read(session, shown);
  if (!known->known)
    return;
  shown->validated = true;
  shown->path = known->path;
  *known = (struct shown_path){.known = false};
  take_path(shown);
}

void shown_close(struct shown *shown, struct shown_path *known)
{
  if (shown->validated) {
    *known = (struct shown_path){true, shown->path};
    shown->path = (struct path){.pki = PKI_UNCHECKED};
  }
  shown_clear(shown);
}

void shown_find_path(const struct path_question *question, struct shown *shown)
{
  shown->validated = true;
  path_find(question, &shown->path);
  take_path(shown);
}

bool shown_question(gnutls_session_t session, const char *host, struct path_question *question)
{
  void *credentials = NULL;

  if (gnutls_credentials_get(session, GNUTLS_CRD_CERTIFICATE, &credentials) < 0 ||
      credentials == NULL)
    return false;
  *question = (struct path_question){.credentials = credentials, .host = host};
  question->sent = gnutls_certificate_get_peers(session, &question->count);
  return question->sent != NULL;
}

void shown_validate(gnutls_session_t session, const char *host, size_t anchor, struct shown *shown)
{
  struct path_question question;

  if (shown->validated || !shown->there || shown->chain.raw)
    return;
  shown->validated = true;
  if (!shown_question(session, host, &question))
    return;
  if (anchor == 0)
    path_find(&question, &shown->path);
  else if (anchor < shown->chain.count)
    path_find_by(&question, shown->chain.at[anchor].der, &shown->path);
  take_path(shown);
}

void shown_clear(struct shown *shown)
{
  path_clear(&shown->path);
  shown->there = false;
}
