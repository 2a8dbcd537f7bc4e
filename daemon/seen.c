/* Chains that were seen with keys: see seen.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/seen.h"

#include "common/text.h"
#include "dbus/dict.h"
#include "dbus/record.h"
#include "pinning/base64.h"
#include "pinning/keypin.h"

#include <glib.h>
#include <string.h>

/* A time before 1970 as its first second. */
static bool put_one(DBusMessageIter *array, const struct chain_seen_certificate *at, bool raw)
{
  char key[BASE64_KEY_SIZE];
  const struct bus_seen seen = {
      .subject = at->subject,
      .not_before = (uint64_t)MAX(at->not_before, 0),
      .not_after = (uint64_t)MAX(at->not_after, 0),
      .certificate = {at->certificate, sizeof at->certificate},
      .key = key,
  };
  DBusMessageIter dict;

  base64_write_key(at->spki, key);
  return bus_dict_open(array, &dict) &&
         bus_dict_put_fields(&dict, bus_seen_fields, &seen, raw ? BUS_SEEN_KEY : BUS_SEEN_ALL) &&
         bus_dict_close(array, &dict);
}

/* What can't be decoded was seen, but is not worth more than that. */
bool seen_put(DBusMessageIter *dict, struct span octets)
{
  struct chain_seen seen;
  struct bus_nest nest;

  if (!chain_seen_decode(octets, &seen) || seen.count == 0)
    return true;
  if (!bus_dict_open_dicts(dict, "chain", &nest))
    return false;
  for (size_t i = 0; i < seen.count; i++)
    if (!put_one(&nest.array, &seen.at[i], seen.raw))
      return false;
  return bus_dict_close_dicts(dict, &nest);
}

/* Lengths and times that fit the members; more is for the encoder to see. */
static const char *take(const struct bus_seen *in, uint32_t which,
                        struct chain_seen_certificate *at)
{
  if (!base64_read_key(in->key, at->spki))
    return _("a key in it is not written as sha256//BASE64");
  if (which == BUS_SEEN_KEY)
    return NULL;
  if (in->certificate.size != sizeof at->certificate)
    return _("the digest of a certificate in it does not have 32 octets");
  if (strlen(in->subject) >= sizeof at->subject)
    return _("a subject in it is longer than 127 octets");
  if (in->not_before > KEYPIN_FOREVER || in->not_after > KEYPIN_FOREVER)
    return _("a time in it is not before the year 10000");
  memcpy(at->certificate, in->certificate.data, sizeof at->certificate);
  strcpy(at->subject, in->subject);
  at->not_before = (int64_t)in->not_before;
  at->not_after = (int64_t)in->not_after;
  return NULL;
}

static const char *read_one(DBusMessageIter *dicts, struct chain_seen_certificate *at, bool *raw)
{
  struct bus_seen in = {.subject = ""};
  struct bus_fault fault;
  uint32_t which;

  if (!bus_dict_read(dicts, bus_seen_fields, &in, &which, &fault) ||
      (which != BUS_SEEN_ALL && which != BUS_SEEN_KEY))
    return _("each certificate in it has subject, not-before, not-after, certificate and key, "
             "and a raw key has key alone");
  *raw = *raw || which == BUS_SEEN_KEY;
  return take(&in, which, at);
}

const char *seen_read(DBusMessageIter *dicts, uint8_t octets[CHAIN_SEEN_MAX], struct span *seen)
{
  struct writer writer = writer_of(octets, CHAIN_SEEN_MAX);
  struct chain_seen chain = {.count = 0};
  const char *wrong = NULL;

  *seen = (struct span){NULL, 0};
  for (; wrong == NULL && bus_dict_at(dicts); dbus_message_iter_next(dicts)) {
    if (chain.count == CHAIN_MAX)
      return _("it has more than 16 certificates");
    wrong = read_one(dicts, &chain.at[chain.count++], &chain.raw);
  }
  if (wrong != NULL)
    return wrong;
  if (chain.count == 0)
    return _("it is empty");
  if (chain.raw && chain.count > 1)
    return _("a raw key in it is not alone");
  if (!chain_seen_encode(&chain, &writer))
    return _("a subject in it has control characters");
  *seen = writer_span(&writer);
  return NULL;
}
