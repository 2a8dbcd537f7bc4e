/* known_hosts of GnuTLS: see known-hosts.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GnuTLS appends a line a key and checks nothing that it writes:
 *
 *   |g0|HOST|SERVICE|EXPIRY|BASE64            the SPKI; several lines: several keys
 *   |c0|HOST|SERVICE|EXPIRY|ALGORITHM|HEX     a digest of an SPKI that is to come
 *
 * HOST and SERVICE are what the program said, '*' where it said nothing; EXPIRY is in seconds since
 * 1970, 0 for none. A host name with '|' in it moves the fields; one with line feeds ends the line
 * early and plants lines for other hosts, how many can't be told; a full disk cuts the last line
 * off; and '*' stands for every host there is. Such lines are told of and not believed. Neither are
 * several keys of one host: one of them is somebody else's, or out of date, and the file doesn't
 * say which. */
#include "config.h"

#include "formats/known-hosts.h"

#include "common/text.h"
#include "formats/key.h"
#include "formats/lines.h"
#include "formats/quote.h"
#include "formats/service.h"

#include <gnutls/gnutls.h>
#include <string.h>

enum { START_MOST = 4096 };
enum { NAME_FIELDS = 3, KEY_FIELDS = 5, COMMITMENT_FIELDS = 6, FIELDS_MOST = 7 };

/* What stands in one line. */
struct entry {
  bool commitment;
  struct span fields[FIELDS_MOST]; /* from the version on */
  size_t count;                    /* FIELDS_MOST: or more */
};

/* The first usable line of a host and service. */
struct seen {
  size_t line;
  uint8_t digest[32];
  bool several; /* other lines have other keys */
};

struct work {
  const struct reading *reading;
  GHashTable *seen; /* by place; NULL while commitments don't matter */
  bool quiet;       /* the first time through: the keys are compared, and nothing is told */
  size_t cut_off;   /* the first line that ended before its key; 0: none has, so far */
};

static bool is_entry(struct span line)
{
  return span_begins(line, "|g0|") || span_begins(line, "|c0|");
}

/* The lines before the first good one may be empty or spoilt, but not begin as a file of another
 * format does, in which such lines may stand, too. */
bool known_hosts_detect(struct span octets)
{
  struct lines lines = lines_of((struct span){octets.data, MIN(octets.size, START_MOST)});
  struct span line;

  while (lines_next(&lines, &line)) {
    line = span_strip(line);
    if (line.size == 0)
      continue;
    if (is_entry(line))
      return true;
    if (strchr("<{[(-", (char)line.data[0]) != NULL)
      return false;
  }
  return false;
}

static void skip(const struct work *work, size_t line, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void skip(const struct work *work, size_t line, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  if (work->quiet)
    return;
  va_start(arguments, format);
  text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  reading_remark(work->reading, line, REMARK_SKIPPED, "%s", text);
}

static void split(struct span line, struct entry *entry)
{
  bool more;

  span_cut(&line, '|', &more);
  for (entry->count = 0; more && entry->count < FIELDS_MOST; entry->count++)
    entry->fields[entry->count] = span_cut(&line, '|', &more);
  entry->commitment = entry->count > 0 && span_is(entry->fields[0], "c0");
}

/* GnuTLS writes whole lines, and a full disk leaves no line feed: a name had one. */
static void skip_cut_off(struct work *work, const struct lines *lines, const struct entry *entry)
{
  if (lines->whole && work->cut_off == 0)
    work->cut_off = lines->number;
  if (lines->whole && entry->count <= NAME_FIELDS)
    skip(work, lines->number,
         _("the line ends in its host or service, as it does where a program was given a name with "
           "a line feed in it. Look at the lines behind it: they may be planted."));
  else
    skip(work, lines->number,
         _("the line is cut off. To pin the server anew, meet it with a "
           "program, or say 'tlspin pin HOST:PORT --from-server'."));
}

/* Whether the line has the fields that it must have, and none before it was without. */
static bool has_form(struct work *work, const struct lines *lines, struct span line,
                     struct entry *entry)
{
  size_t wanted, cut_off = work->cut_off;

  split(line, entry);
  wanted = entry->commitment ? COMMITMENT_FIELDS : KEY_FIELDS;
  if (!span_begins(line, "|") || (!entry->commitment && !span_is(entry->fields[0], "g0")))
    skip(work, lines->number, _("this is no line of known_hosts."));
  else if (entry->count < wanted)
    skip_cut_off(work, lines, entry);
  else if (entry->count > wanted)
    skip(work, lines->number,
         _("the line has too many fields: a host name with '|' in it was stored, and where it "
           "belongs can't be told."));
  else if (cut_off != 0)
    skip(work, lines->number,
         _("the line may be planted by a name with line feeds in it, which cut off line %zu. If "
           "it is right, delete that one and import again."),
         cut_off);
  else
    return true;
  return false;
}

static bool read_place(const struct work *work, size_t line, const struct entry *entry,
                       struct place *place)
{
  struct span host = entry->fields[1], service = entry->fields[2];
  g_autofree char *quoted = quote(service);
  struct reading reading = *work->reading;
  uint16_t port;

  if (span_begins(host, "*")) {
    skip(work, line, _("the host '*' stands for every host there is; such a key is not taken."));
    return false;
  }
  if (!service_port(service, &port)) {
    skip(work, line, _("%s is no service that is known. Write its port there, and import again."),
         quoted);
    return false;
  }
  if (work->quiet) {
    *place = (struct place){.protocol = PLACE_ANY_PROTOCOL, .port = port};
    return host_normalise((const char *)host.data, host.size, place->host) == HOST_FINE;
  }
  return reading_place(&reading, line, host, port, place);
}

static bool read_expiry(const struct work *work, size_t line, struct span field, struct keypin *pin)
{
  uint64_t expiry;

  if (!span_number(field, UINT64_MAX / 16, &expiry))
    skip(work, line, _("when the key expires can't be read."));
  else if (expiry != 0 && expiry <= (uint64_t)work->reading->now)
    skip(work, line, _("the key has expired."));
  else {
    if (expiry != 0 && expiry < KEYPIN_FOREVER)
      pin->enforce_until = pin->report_until = (int64_t)expiry;
    return true;
  }
  return false;
}

/* GnuTLS itself looks no further than a blank. */
static struct span without_tail(struct span field)
{
  for (size_t i = 0; i < field.size; i++)
    if (field.data[i] == ' ' || field.data[i] == '\t' || field.data[i] == '\r')
      field.size = i;
  return field;
}

static bool read_key(const struct work *work, size_t line, struct span field, struct keypin *pin)
{
  g_autofree uint8_t *spki = NULL;
  size_t size;

  if (key_read_base64(without_tail(field), &spki, &size) &&
      key_of_spki((struct span){spki, size}, pin))
    return true;
  skip(work, line,
       _("the key is cut off or damaged. To pin the server anew, say 'tlspin pin "
         "HOST:PORT --from-server'."));
  return false;
}

static bool read_commitment(const struct work *work, size_t line, const struct entry *entry,
                            struct keypin *pin)
{
  uint64_t algorithm;

  pin->selector = SELECTOR_SPKI;
  pin->matching = MATCHING_COUNT;
  if (span_number(entry->fields[4], UINT16_MAX, &algorithm))
    pin->matching = algorithm == GNUTLS_DIG_SHA256   ? MATCHING_SHA256
                    : algorithm == GNUTLS_DIG_SHA512 ? MATCHING_SHA512
                                                     : MATCHING_COUNT;
  if (pin->matching == MATCHING_COUNT)
    skip(work, line,
         _("the key's digest is of a kind that tlspin doesn't keep: only SHA-256 and "
           "SHA-512 can be taken."));
  else if (!span_hex(without_tail(entry->fields[5]), pin->digest, matching_size(pin->matching)))
    skip(work, line, _("the key's digest is cut off or damaged."));
  else
    return true;
  return false;
}

static bool read_entry(const struct work *work, size_t line, const struct entry *entry,
                       struct keypin *pin)
{
  struct place place;

  if (!read_place(work, line, entry, &place))
    return false;
  *pin = reading_accepted(work->reading, &place);
  if (!read_expiry(work, line, entry->fields[3], pin))
    return false;
  return entry->commitment ? read_commitment(work, line, entry, pin)
                           : read_key(work, line, entry->fields[4], pin);
}

static char *name_of(const struct place *place)
{
  char text[PLACE_TEXT_SIZE];

  place_text(place, text);
  return g_strdup(text);
}

static void compare(const struct work *work, size_t line, const struct keypin *pin)
{
  g_autofree char *name = name_of(&pin->place);
  struct seen *seen = g_hash_table_lookup(work->seen, name);

  if (seen != NULL) {
    seen->several = seen->several || memcmp(seen->digest, pin->digest, sizeof seen->digest) != 0;
    return;
  }
  seen = g_new0(struct seen, 1);
  seen->line = line;
  memcpy(seen->digest, pin->digest, sizeof seen->digest);
  g_hash_table_insert(work->seen, g_steal_pointer(&name), seen);
}

/* Passes on the first line of a host with a single key. */
static void put(const struct work *work, size_t line, const struct keypin *pin)
{
  g_autofree char *name = name_of(&pin->place);
  const struct seen *seen = g_hash_table_lookup(work->seen, name);
  char key[KEYPIN_KEY_TEXT_SIZE];

  if (seen->several && keypin_key_text(pin, key))
    skip(work, line,
         _("%s has several keys, and which of them is right can't be told. If it is this one, say "
           "'tlspin pin %s --key %s'."),
         name, name, key);
  else if (seen->line != line)
    reading_remark(work->reading, line, REMARK_NOTE, _("the same stands in line %zu."), seen->line);
  else
    reading_put(work->reading, line, pin);
}

static void read_line(struct work *work, const struct lines *lines, struct span line)
{
  struct entry entry = {.count = 0};
  struct keypin pin;

  if (line.size == 0 || !has_form(work, lines, line, &entry) ||
      !read_entry(work, lines->number, &entry, &pin))
    return;
  if (work->quiet && !entry.commitment)
    compare(work, lines->number, &pin);
  else if (!work->quiet && entry.commitment)
    reading_put(work->reading, lines->number, &pin);
  else if (!work->quiet)
    put(work, lines->number, &pin);
}

bool known_hosts_read(const struct reading *reading, struct span octets)
{
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  struct work work = {.reading = reading, .seen = seen};

  for (int time = 0; time < 2; time++) {
    struct lines lines = lines_of(octets);
    struct span line;

    work.quiet = time == 0;
    work.cut_off = 0;
    while (lines_next(&lines, &line))
      read_line(&work, &lines, line);
  }
  return true;
}
