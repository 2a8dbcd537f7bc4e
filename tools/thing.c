/* What an entry says: see thing.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/thing.h"

#include "common/text.h"
#include "pinning/verdict.h"

#include <string.h>

const char *thing_text(const tlspin_entry_t *entry, const char *name)
{
  const char *text = tlspin_entry_string(entry, name);

  return text != NULL ? text : "";
}

uint64_t thing_number(const tlspin_entry_t *entry, const char *name)
{
  int64_t number = tlspin_entry_number(entry, name);

  return number > 0 ? (uint64_t)number : 0;
}

const char *thing_reason(const tlspin_entry_t *entry)
{
  const char *token = thing_text(entry, "reason");
  enum verdict_reason reason;
  enum refusal refusal;
  enum change change;

  if (verdict_reason_from_token(token, &reason))
    return _(verdict_reason_text(reason));
  if (refusal_from_token(token, &refusal))
    return _(refusal_text(refusal));
  if (change_from_token(token, &change))
    return _(change_text(change));
  return token;
}

bool thing_is(const tlspin_entry_t *entry, const char *name, const char *text)
{
  return strcmp(thing_text(entry, name), text) == 0;
}
