/* The chain of a record that is stored: see put-chain.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/put-chain.h"

#include "common/text.h"
#include "dbus/dict.h"
#include "dbus/names.h"
#include "dbus/record.h"
#include "libclient/argument.h"
#include "libclient/last.h"
#include "pinning/chain.h"

static int check_one(const struct tlspin_seen *seen)
{
  int code = argument_text(seen->key, "key", BUS_NAME_MAX);

  if (code == TLSPIN_OK && seen->subject != NULL && seen->subject[0] != '\0')
    code = argument_text(seen->subject, "subject", BUS_NAME_MAX);
  if (code == TLSPIN_OK && seen->certificate.size > CHAIN_DIGEST_MAX)
    code = last_say(TLSPIN_E_ARGUMENT, _("certificate: it does not have 32 octets"));
  if (code == TLSPIN_OK && seen->certificate.size > 0)
    code = argument_there(seen->certificate.data, "certificate");
  return code;
}

int put_chain_check(const struct tlspin_record *record)
{
  int code = record->chain_size > 0 ? argument_there(record->chain, "chain") : TLSPIN_OK;

  if (code == TLSPIN_OK && record->chain_size > CHAIN_MAX)
    code = last_say(TLSPIN_E_ARGUMENT, _("chain: it has more than %d certificates"), CHAIN_MAX);
  for (size_t i = 0; i < record->chain_size && code == TLSPIN_OK; i++)
    code = check_one(&record->chain[i]);
  return code;
}

static bool append_one(DBusMessageIter *array, const struct tlspin_seen *seen)
{
  const struct bus_seen out = {
      .subject = seen->subject != NULL ? seen->subject : "",
      .not_before = seen->not_before,
      .not_after = seen->not_after,
      .certificate = {seen->certificate.data, seen->certificate.size},
      .key = seen->key,
  };
  DBusMessageIter dict;

  return bus_dict_open(array, &dict) &&
         bus_dict_put_fields(&dict, bus_seen_fields, &out,
                             out.certificate.size > 0 ? BUS_SEEN_ALL : BUS_SEEN_KEY) &&
         bus_dict_close(array, &dict);
}

bool put_chain_append(DBusMessageIter *dict, const struct tlspin_record *record)
{
  struct bus_nest nest;

  if (record->chain_size == 0)
    return true;
  if (!bus_dict_open_dicts(dict, "chain", &nest))
    return false;
  for (size_t i = 0; i < record->chain_size; i++)
    if (!append_one(&nest.array, &record->chain[i]))
      return false;
  return bus_dict_close_dicts(dict, &nest);
}
