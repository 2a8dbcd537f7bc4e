/* Arguments of D-Bus messages, made of octets: see marshal.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/marshal.h"

#include "tests/vocabulary.h"

#include <glib.h>
#include <string.h>
#include <unistd.h>

/* DEEPEST: variants in variants; libdbus takes no message of more than 64 containers in all. LARGE:
 * more elements than anything takes. */
enum { DEEPEST = 20, LARGE = 1100, TEXT_MOST = 70000 };

static unsigned pick(struct marshal *m, unsigned count)
{
  return reader_u16(&m->source) % count;
}

static unsigned any(struct marshal *m)
{
  return reader_u16(&m->source);
}

/* As D-Bus wants it: UTF-8 without NUL. */
static void append_raw(GString *text, struct marshal *m)
{
  struct span octets = reader_take(&m->source, MIN(1 + pick(m, 64), m->source.left));
  g_autofree char *raw = g_strndup((const char *)octets.data, octets.size);
  g_autofree char *valid = raw != NULL ? g_utf8_make_valid(raw, -1) : NULL;

  g_string_append(text, valid != NULL ? valid : "");
}

/* A word with an octet of ASCII put in, taken out or changed. */
static void append_mutated(GString *text, struct marshal *m)
{
  g_autoptr(GString) word = g_string_new(vocabulary_word(any(m)));
  size_t at = word->len > 0 ? pick(m, (unsigned)word->len) : 0;
  unsigned how = pick(m, 4);

  if (how == 0)
    g_string_insert_c(word, (gssize)at, (char)(1 + pick(m, 127)));
  else if (word->len > 0 && how == 1)
    g_string_erase(word, (gssize)at, 1);
  else if (word->len > 0 && g_ascii_isprint(word->str[at]))
    word->str[at] = how == 2 ? (char)(word->str[at] ^ 0x20) : (char)(1 + pick(m, 127));
  if (strlen(word->str) == word->len && g_utf8_validate(word->str, -1, NULL))
    g_string_append(text, word->str);
}

static char *make_text(struct marshal *m)
{
  GString *text = g_string_new(NULL);
  unsigned how = pick(m, 16);

  if (how < 8) {
    g_string_append(text, vocabulary_word(any(m)));
  } else if (how < 11) {
    append_mutated(text, m);
  } else if (how < 13) {
    append_raw(text, m);
  } else {
    unsigned times = how == 13 ? 2 : 1 + pick(m, pick(m, 8) < 7 ? 300 : TEXT_MOST / 8);
    const char *word = vocabulary_word(any(m));

    for (unsigned i = 0; i < times && text->len < TEXT_MOST; i++)
      g_string_append(text, word);
  }
  return g_string_free(text, FALSE);
}

/* Fifteen times of sixteen what is right under the name; NULL where nothing is known of it. */
static char *make_right(const char *name, struct marshal *m)
{
  unsigned which = any(m);

  return name != NULL && pick(m, 16) < 15 ? vocabulary_right(name, which) : NULL;
}

static bool append_text(DBusMessageIter *iter, const char *name, int type, struct marshal *m)
{
  g_autofree char *text = make_right(name, m);
  const char *value = type == DBUS_TYPE_OBJECT_PATH ? "/org/tlspin/Pins1" : "a{sv}";

  if (type == DBUS_TYPE_STRING) {
    text = text != NULL ? text : make_text(m);
    value = text;
  }
  return dbus_message_iter_append_basic(iter, type, &value);
}

static uint64_t make_number(struct marshal *m)
{
  return pick(m, 4) > 0 ? vocabulary_number(any(m)) : reader_u64(&m->source);
}

/* Standard input will do. */
static bool append_descriptor(DBusMessageIter *iter)
{
  int descriptor = STDIN_FILENO;

  return dbus_message_iter_append_basic(iter, DBUS_TYPE_UNIX_FD, &descriptor);
}

static bool append_number(DBusMessageIter *iter, const char *name, int type, struct marshal *m)
{
  g_autofree char *good = make_right(name, m);
  DBusBasicValue value = {.u64 = good != NULL ? g_ascii_strtoull(good, NULL, 10) : make_number(m)};

  if (type == DBUS_TYPE_BOOLEAN)
    value.bool_val = (value.u64 & 1) != 0;
  return dbus_message_iter_append_basic(iter, type, &value);
}

/* So many octets, of which the source gives some. To be freed by g_free. */
static uint8_t *make_octets(struct marshal *m, size_t size)
{
  uint8_t *octets = g_malloc0(size + 1);
  struct span some = reader_take(&m->source, MIN(size, m->source.left / 8));

  if (some.size > 0)
    memcpy(octets, some.data, some.size);
  return octets;
}

/* A number that is right under the name is a size; a word is what it says. */
static bool append_octets(DBusMessageIter *array, const char *name, struct marshal *m)
{
  g_autofree char *good = make_right(name, m);
  bool sized = good != NULL && g_ascii_isdigit(good[0]);
  size_t size = sized          ? (size_t)MIN(g_ascii_strtoull(good, NULL, 10), TEXT_MOST)
                : good != NULL ? strlen(good)
                               : vocabulary_size(any(m));
  g_autofree uint8_t *octets = make_octets(m, size);
  const uint8_t *start = good != NULL && !sized ? (const uint8_t *)good : octets;

  if (good == NULL && m->blob_count > 0 && pick(m, 2) > 0) {
    const struct span *blob = &m->blobs[pick(m, (unsigned)m->blob_count)];

    start = blob->data;
    size = blob->size;
  }
  return dbus_message_iter_append_fixed_array(array, DBUS_TYPE_BYTE, &start, (int)size);
}

/* A value, and the name under which it stands, or NULL. */
static bool append_one(DBusMessageIter *iter, const char *name, const char *type, struct marshal *m,
                       unsigned depth);

static bool append_known(DBusMessageIter *dict, const struct vocabulary_key *known,
                         struct marshal *m, unsigned depth)
{
  const char *type = pick(m, 32) < 31 ? known->type : vocabulary_type(any(m));
  g_autofree char *other = pick(m, 32) < 31 ? g_strdup(known->key) : make_text(m);
  const char *key = other;
  DBusMessageIter pair, variant;

  return dbus_message_iter_open_container(dict, DBUS_TYPE_DICT_ENTRY, NULL, &pair) &&
         dbus_message_iter_append_basic(&pair, DBUS_TYPE_STRING, &key) &&
         dbus_message_iter_open_container(&pair, DBUS_TYPE_VARIANT, type, &variant) &&
         append_one(&variant, known->key, type, m, depth + 1) &&
         dbus_message_iter_close_container(&pair, &variant) &&
         dbus_message_iter_close_container(dict, &pair);
}

/* Mostly all keys that are needed, or some of those that are known. */
static bool append_pairs(DBusMessageIter *dict, const char *name, size_t count, struct marshal *m,
                         unsigned depth)
{
  const struct vocabulary_key *needed;
  bool whole = pick(m, 8) < 7;

  for (unsigned i = 0; whole && (needed = vocabulary_needed(name, i)) != NULL; i++) {
    count = 0;
    if (!append_known(dict, needed, m, depth))
      return false;
  }
  for (size_t i = 0; i < count; i++)
    if (!append_known(dict, vocabulary_key(name, any(m)), m, depth))
      return false;
  return true;
}

/* Mostly some elements; now and then as many as a chain, or a call of Put, may not have. */
static size_t count_elements(struct marshal *m, unsigned depth)
{
  unsigned how = pick(m, 64);

  if (how == 63 && depth == 0)
    return LARGE;
  if (how >= 60 && depth < 2)
    return 16 + pick(m, 3);
  return pick(m, depth < 2 ? 4 : 2);
}

static bool append_elements(DBusMessageIter *array, const char *name, const char *type,
                            struct marshal *m, unsigned depth)
{
  size_t count = count_elements(m, depth);

  if (strcmp(type, "{sv}") == 0)
    return append_pairs(array, name, count, m, depth);
  for (size_t i = 0; i < count; i++)
    if (!append_one(array, name, type, m, depth + 1))
      return false;
  return true;
}

static bool append_array(DBusMessageIter *iter, const char *name, const char *type,
                         struct marshal *m, unsigned depth)
{
  DBusMessageIter array;

  return dbus_message_iter_open_container(iter, DBUS_TYPE_ARRAY, type, &array) &&
         (strcmp(type, "y") == 0 ? append_octets(&array, name, m)
                                 : append_elements(&array, name, type, m, depth)) &&
         dbus_message_iter_close_container(iter, &array);
}

static bool append_all(DBusMessageIter *iter, const char *name, const char *signature,
                       struct marshal *m, unsigned depth)
{
  DBusSignatureIter each;

  if (signature[0] == '\0')
    return true;
  dbus_signature_iter_init(&each, signature);
  do {
    char *type = dbus_signature_iter_get_signature(&each);
    bool fine = type != NULL && append_one(iter, name, type, m, depth);

    dbus_free(type);
    if (!fine)
      return false;
  } while (dbus_signature_iter_next(&each));
  return true;
}

/* A struct "(...)", or the pair "{..}" of a dictionary that isn't a{sv}. */
static bool append_struct(DBusMessageIter *iter, const char *type, struct marshal *m,
                          unsigned depth)
{
  g_autofree char *inner = g_strndup(type + 1, strlen(type) - 2);
  DBusMessageIter item;

  return dbus_message_iter_open_container(
             iter, type[0] == '(' ? DBUS_TYPE_STRUCT : DBUS_TYPE_DICT_ENTRY, NULL, &item) &&
         append_all(&item, NULL, inner, m, depth + 1) &&
         dbus_message_iter_close_container(iter, &item);
}

static bool append_variant(DBusMessageIter *iter, struct marshal *m, unsigned depth)
{
  const char *type = depth < DEEPEST && pick(m, 4) > 0 ? "v" : "s";
  DBusMessageIter variant;

  return dbus_message_iter_open_container(iter, DBUS_TYPE_VARIANT, type, &variant) &&
         append_one(&variant, NULL, type, m, depth + 1) &&
         dbus_message_iter_close_container(iter, &variant);
}

static bool append_one(DBusMessageIter *iter, const char *name, const char *type, struct marshal *m,
                       unsigned depth)
{
  switch (type[0]) {
  case DBUS_TYPE_STRING:
  case DBUS_TYPE_OBJECT_PATH:
  case DBUS_TYPE_SIGNATURE:
    return append_text(iter, name, type[0], m);
  case DBUS_TYPE_UNIX_FD:
    return append_descriptor(iter);
  case DBUS_TYPE_ARRAY:
    return append_array(iter, name, type + 1, m, depth);
  case DBUS_TYPE_VARIANT:
    return append_variant(iter, m, depth);
  case DBUS_STRUCT_BEGIN_CHAR:
  case DBUS_DICT_ENTRY_BEGIN_CHAR:
    return append_struct(iter, type, m, depth);
  default:
    return append_number(iter, name, type[0], m);
  }
}

bool marshal_append(DBusMessageIter *iter, const char *name, const char *signature,
                    struct marshal *m)
{
  return append_all(iter, name, signature, m, 0);
}

static GPtrArray *split(const char *signature)
{
  GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
  DBusSignatureIter each;

  if (signature[0] == '\0')
    return parts;
  dbus_signature_iter_init(&each, signature);
  do {
    char *type = dbus_signature_iter_get_signature(&each);

    g_ptr_array_add(parts, g_strdup(type));
    dbus_free(type);
  } while (dbus_signature_iter_next(&each));
  return parts;
}

static void change(GPtrArray *parts, struct reader *source)
{
  const char *type = vocabulary_type(reader_u8(source));
  unsigned how = reader_u8(source) % 4, at = reader_u8(source) % MAX(parts->len, 1);

  if (parts->len == 0 || how == 0) {
    g_ptr_array_insert(parts, (int)at, g_strdup(type));
  } else if (how == 1) {
    g_ptr_array_remove_index(parts, at);
  } else if (how == 2) {
    g_free(parts->pdata[at]);
    parts->pdata[at] = g_strdup(type);
  } else {
    void *first = parts->pdata[0];

    parts->pdata[0] = parts->pdata[at];
    parts->pdata[at] = first;
  }
}

char *marshal_other_signature(const char *signature, struct reader *source)
{
  g_autoptr(GPtrArray) parts = split(signature);
  GString *other = g_string_new(NULL);

  change(parts, source);
  for (guint i = 0; i < parts->len; i++)
    g_string_append(other, parts->pdata[i]);
  if (strcmp(other->str, signature) == 0)
    g_string_append_c(other, 'v');
  return g_string_free(other, FALSE);
}
