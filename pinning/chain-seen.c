/* A chain that was seen, to and from octets: see chain.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   u8 version, which is 1
 *   u8 1 for a raw key, else 0
 *   u8 certificates, 1 to CHAIN_MAX; 1 for a raw key
 *   of each: vector8 subject, u64 not_before, u64 not_after (two's complement), 32 octets of the
 *            certificate's digest, 32 octets of the key's */
#include "config.h"

#include "pinning/chain.h"

#include "common/utf8.h"

#include <string.h>

enum { SEEN_VERSION = 1 };

/* What a GeneralizedTime can say: 0000-01-01T00:00:00Z to 9999-12-31T23:59:59Z. */
#define FIRST_TIME INT64_C(-62167219200)
#define LAST_TIME  INT64_C(253402300799)

static bool is_time(int64_t time)
{
  return time >= FIRST_TIME && time <= LAST_TIME;
}

static struct span subject_of(const struct chain_seen_certificate *at)
{
  return (struct span){(const uint8_t *)at->subject, strnlen(at->subject, sizeof at->subject)};
}

static bool certificate_is_valid(const struct chain_seen_certificate *at)
{
  struct span subject = subject_of(at);

  return subject.size < sizeof at->subject && utf8_is_text(subject) && is_time(at->not_before) &&
         is_time(at->not_after);
}

static bool count_is_valid(const struct chain_seen *seen)
{
  return seen->count >= 1 && seen->count <= (seen->raw ? 1 : CHAIN_MAX);
}

static void write_one(struct writer *w, const struct chain_seen_certificate *at)
{
  w->failed = w->failed || !certificate_is_valid(at);
  writer_vector8(w, subject_of(at));
  writer_u64(w, (uint64_t)at->not_before);
  writer_u64(w, (uint64_t)at->not_after);
  writer_put(w, (struct span){at->certificate, sizeof at->certificate});
  writer_put(w, (struct span){at->spki, sizeof at->spki});
}

bool chain_seen_encode(const struct chain_seen *seen, struct writer *writer)
{
  if (seen->count == 0)
    return !writer->failed;
  if (!count_is_valid(seen))
    return false;
  writer_u8(writer, SEEN_VERSION);
  writer_u8(writer, seen->raw);
  writer_u8(writer, (uint8_t)seen->count);
  for (size_t i = 0; i < seen->count; i++)
    write_one(writer, &seen->at[i]);
  return !writer->failed;
}

static void copy(struct reader *r, struct span octets, void *out, size_t most)
{
  if (octets.size > most)
    r->failed = true;
  else if (octets.size > 0)
    memcpy(out, octets.data, octets.size);
}

static void read_one(struct reader *r, struct chain_seen_certificate *at)
{
  struct span subject = reader_vector8(r);

  copy(r, subject, at->subject, sizeof at->subject - 1);
  at->not_before = (int64_t)reader_u64(r);
  at->not_after = (int64_t)reader_u64(r);
  copy(r, reader_take(r, sizeof at->certificate), at->certificate, sizeof at->certificate);
  copy(r, reader_take(r, sizeof at->spki), at->spki, sizeof at->spki);
  r->failed = r->failed || !certificate_is_valid(at) || subject_of(at).size != subject.size;
}

bool chain_seen_decode(struct span octets, struct chain_seen *seen)
{
  struct reader r = reader_of(octets);
  uint8_t version, raw;

  *seen = (struct chain_seen){0};
  if (octets.size == 0)
    return true;
  version = reader_u8(&r);
  raw = reader_u8(&r);
  seen->raw = raw == 1;
  seen->count = reader_u8(&r);
  r.failed = r.failed || version != SEEN_VERSION || raw > 1 || !count_is_valid(seen);
  for (size_t i = 0; i < seen->count && !r.failed; i++)
    read_one(&r, &seen->at[i]);
  if (reader_done(&r))
    return true;
  *seen = (struct chain_seen){0};
  return false;
}
