/* The text of a key file: see keytext.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libserver/keytext.h"

#include "common/text.h"
#include "common/vault.h"
#include "libserver/timestamp.h"

#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

#define HEADER    "tlspin-keys 1"
#define RAMP_DOWN "ramp-down "

struct parser {
  struct reader rest;
  unsigned line;
  const char *source;
  struct keys *keys;
  struct trouble *trouble;
};

/* The sentence holds the remedy, too. */
static bool fail(const struct parser *p, const char *sentence)
{
  return trouble_set(p->trouble, "%s:%u: %s", p->source, p->line, sentence);
}

static bool is_text(struct span span, const char *text)
{
  return span_equal(span, (struct span){(const uint8_t *)text, strlen(text)});
}

/* Octets up to a delimiter, which is taken too; false, and nothing taken, where there is none. */
static bool take_until(struct reader *r, char delimiter, struct span *taken)
{
  const uint8_t *end = r->left > 0 ? memchr(r->next, delimiter, r->left) : NULL;

  if (end == NULL)
    return false;
  *taken = reader_take(r, (size_t)(end - r->next));
  reader_u8(r);
  return true;
}

static bool next_line(struct parser *p, struct span *line)
{
  p->line++;
  if (!take_until(&p->rest, '\n', line))
    return fail(p, _("The last line is not complete, so the file may have been cut off. Restore it "
                     "from a copy; "
                     "if the line is right, end it with a line feed."));
  for (size_t i = 0; i < line->size; i++)
    if (line->data[i] < ' ' || line->data[i] > '~')
      return fail(p, _("The line holds a character that is not printable ASCII. Remove it; lines "
                       "end with a line "
                       "feed alone."));
  return true;
}

static bool is_remark(struct span line)
{
  return line.size == 0 || line.data[0] == '#';
}

static size_t count_lines(struct span text)
{
  struct reader r = reader_of(text);
  struct span line;
  size_t count = 0;

  while (take_until(&r, '\n', &line))
    count++;
  return count;
}

/* Base64 is decoded by GnuTLS, which is lenient, and so has to come back the same. */
static bool parse_secret(struct span text, uint8_t secret[KEY_SECRET_SIZE])
{
  gnutls_datum_t base64 = {(uint8_t *)(uintptr_t)text.data, (unsigned)text.size}, raw, again;
  bool right = false;

  if (text.size > KEYTEXT_LINE_MAX || gnutls_base64_decode2(&base64, &raw) < 0)
    return false;
  if (raw.size == KEY_SECRET_SIZE && gnutls_base64_encode2(&raw, &again) >= 0) {
    right = span_equal_secret(text, (struct span){again.data, again.size});
    gnutls_memset(again.data, 0, again.size);
    gnutls_free(again.data);
  }
  if (right)
    memcpy(secret, raw.data, KEY_SECRET_SIZE);
  gnutls_memset(raw.data, 0, raw.size);
  gnutls_free(raw.data);
  return right;
}

static bool parse_name(struct span text, char name[HOST_MAX + 1])
{
  if (is_text(text, KEYS_ANY_NAME)) {
    memcpy(name, KEYS_ANY_NAME, sizeof KEYS_ANY_NAME);
    return true;
  }
  return host_normalise((const char *)text.data, text.size, name) == HOST_FINE &&
         is_text(text, name);
}

static bool parse_words(const struct parser *p, const struct span word[5], struct key *key)
{
  if (!key_id_parse(word[0], key->id))
    return fail(p, _("The key's identifier is not 16 hexadecimal digits in lower case. Restore the "
                     "line from a "
                     "copy of the file."));
  if (!parse_name(word[1], key->name))
    return fail(p, _("The key's name is neither '*' nor a host name in lower case, without a final "
                     "dot and with "
                     "international names in their xn-- form. Write it that way."));
  if (!timestamp_parse(word[2], &key->created) || !timestamp_parse(word[3], &key->activates))
    return fail(p, _("A time is not of the form 2026-11-22T17:00:00Z. Write it that way, in UTC."));
  if (key->activates < key->created)
    return fail(p, _("The key is activated before it was created. Put the earlier time first."));
  if (!parse_secret(word[4], key->secret))
    return fail(
        p,
        _("The key itself is not 32 octets in Base64. Restore the line from a copy of the file."));
  return true;
}

static bool parse_key(const struct parser *p, struct span line, struct key *key)
{
  struct reader r = reader_of(line);
  struct span word[6];

  for (size_t i = 0; i < 5; i++)
    if (!take_until(&r, ' ', &word[i]))
      return fail(p, _("This is no key. A key's line is 'key ID NAME CREATED ACTIVATES BASE64', "
                       "with one space "
                       "between the words; a remark begins with '#'."));
  word[5] = reader_take(&r, r.left);
  if (!is_text(word[0], "key"))
    return fail(
        p,
        _("A line begins with neither 'key' nor '#'. Correct the word; if a newer tlspin wrote the "
          "file, update this one."));
  key->line = p->line;
  return parse_words(p, word + 1, key);
}

static bool parse_header(struct parser *p)
{
  struct span line;

  p->line = 1;
  if (!take_until(&p->rest, '\n', &line) || !is_text(line, HEADER))
    return fail(p, _("This is no file of protection keys: its first line is not 'tlspin-keys 1'. "
                     "Name the right "
                     "file, or make one with 'tlspin-server keys new FILE'."));
  return true;
}

static bool parse_ramp_down(struct parser *p)
{
  struct span line = {NULL, 0};

  while (p->rest.left > 0 && is_remark(line))
    if (!next_line(p, &line))
      return false;
  if (!is_text(line, RAMP_DOWN "yes") && !is_text(line, RAMP_DOWN "no"))
    return fail(
        p,
        _("The line 'ramp-down no' or 'ramp-down yes' must come before the first key. Insert it."));
  p->keys->ramp_down = is_text(line, RAMP_DOWN "yes");
  p->keys->ramp_down_line = p->line;
  return true;
}

static bool parse_keys(struct parser *p)
{
  struct span line;

  while (p->rest.left > 0) {
    if (!next_line(p, &line))
      return false;
    if (is_remark(line))
      continue;
    if (p->keys->count == KEYS_MAX)
      return fail(
          p,
          _("There are more than 10,000 keys. Remove old ones with 'tlspin-server keys remove'."));
    if (!parse_key(p, line, &p->keys->list[p->keys->count++]))
      return false;
  }
  if (p->keys->count == 0)
    return fail(
        p, _("There is no key in the file. Restore it from a copy, or delete it and make one with "
             "'tlspin-server keys new FILE'."));
  return true;
}

static bool index_keys(struct parser *p)
{
  unsigned first;

  if (keys_index(p->keys, &first, &p->line))
    return true;
  if (first == 0)
    return trouble_set(p->trouble, _("%s: There is no memory left for the keys."), p->source);
  return trouble_set(
      p->trouble,
      _("%s:%u: The key has the same identifier as the one in line %u. Delete one of "
        "the two lines."),
      p->source, p->line, first);
}

static bool parse_text(struct parser *p, struct span text)
{
  size_t lines = count_lines(text);
  struct key *list;

  if (!parse_header(p))
    return false;
  list = vault_take((lines < KEYS_MAX ? lines : KEYS_MAX) * sizeof *list);
  p->keys->list = list; /* not grown later: that would leave copies of secrets behind */
  if (list == NULL)
    return trouble_set(p->trouble, _("%s: There is no memory left for the keys."), p->source);
  return parse_ramp_down(p) && parse_keys(p) && index_keys(p);
}

bool keytext_parse(struct span text, const char *source, struct keys *keys, struct trouble *trouble)
{
  struct parser p = {reader_of(text), 0, source, keys, trouble};

  *keys = (struct keys){0};
  if (text.size > KEYTEXT_MAX)
    return trouble_set(
        trouble,
        _("%s: The file is larger than 4 MiB, so it can't be a file of protection keys. Name the "
          "right file."),
        source);
  if (parse_text(&p, text))
    return true;
  keys_free(keys);
  return false;
}

static void write_text(struct writer *w, const char *text)
{
  writer_put(w, (struct span){(const uint8_t *)text, strlen(text)});
}

static void write_moment(struct writer *w, int64_t seconds)
{
  char text[TIMESTAMP_SIZE];

  if (timestamp_format(seconds, text))
    write_text(w, text);
  else
    w->failed = true;
}

static void write_secret(struct writer *w, const struct key *key)
{
  gnutls_datum_t raw = {(uint8_t *)(uintptr_t)key->secret, KEY_SECRET_SIZE}, base64;

  if (gnutls_base64_encode2(&raw, &base64) < 0) {
    w->failed = true;
    return;
  }
  writer_put(w, (struct span){base64.data, base64.size});
  gnutls_memset(base64.data, 0, base64.size);
  gnutls_free(base64.data);
}

static void write_key(struct writer *w, const struct key *key)
{
  char id[KEY_ID_TEXT_SIZE];

  key_id_text(key, id);
  write_text(w, "key ");
  write_text(w, id);
  write_text(w, " ");
  write_text(w, key->name);
  write_text(w, " ");
  write_moment(w, key->created);
  write_text(w, " ");
  write_moment(w, key->activates);
  write_text(w, " ");
  write_secret(w, key);
  write_text(w, "\n");
}

void keytext_write_new(struct writer *w, const struct key *key)
{
  write_text(w, HEADER "\n");
  write_text(w, "# Protection keys of pinning tickets: see tlspin-keys(5). Keep this file secret, "
                "and keep a copy:\n"
                "# without these keys the clients that were pinned refuse this server.\n");
  write_text(w, RAMP_DOWN "no\n");
  write_key(w, key);
}

void keytext_write_added(struct writer *w, struct span text, const struct key *key)
{
  writer_put(w, text);
  write_key(w, key);
}

/* line: its replacement without the line feed, or NULL to leave it out. */
static void write_replaced(struct writer *w, struct span text, unsigned number, const char *line)
{
  struct reader r = reader_of(text);
  struct span old;

  for (unsigned i = 1; take_until(&r, '\n', &old); i++) {
    if (i != number)
      writer_put(w, old);
    else if (line != NULL)
      write_text(w, line);
    else
      continue;
    write_text(w, "\n");
  }
}

void keytext_write_removed(struct writer *w, struct span text, unsigned line)
{
  write_replaced(w, text, line, NULL);
}

void keytext_write_ramp_down(struct writer *w, struct span text, unsigned line, bool ramp_down)
{
  write_replaced(w, text, line, ramp_down ? RAMP_DOWN "yes" : RAMP_DOWN "no");
}
