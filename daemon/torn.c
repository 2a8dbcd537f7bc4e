/* What of the journal may have been lost: see torn.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/torn.h"

#include "common/bytes.h"
#include "daemon/row.h"
#include "daemon/state.h"

enum { FORM = 1 };

size_t torn_encode(const struct torn *torn, uint8_t *value)
{
  struct writer w = writer_of(value, TORN_OCTETS);

  writer_u8(&w, FORM);
  writer_u64(&w, torn->operation);
  writer_u64(&w, (uint64_t)torn->found);
  return w.used;
}

static bool decode(struct span value, struct torn *torn)
{
  struct reader r = reader_of(value);
  uint8_t form = reader_u8(&r);

  torn->operation = reader_u64(&r);
  torn->found = (int64_t)reader_u64(&r);
  return reader_done(&r) && form == FORM && torn->operation < OPERATION_LAST &&
         time_is_valid(torn->found);
}

enum tlspin_code torn_get(struct store *store, struct torn *torn)
{
  uint8_t value[STATE_VALUE_MAX];
  size_t size;
  enum tlspin_code code = state_get(store, TORN_ROW, value, &size);

  if (code == TLSPIN_OK && !decode((struct span){value, size}, torn))
    *torn = (struct torn){OPERATION_LAST, TIME_MAX};
  if (code != TLSPIN_OK)
    *torn = (struct torn){.found = TORN_NEVER};
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}
