/* Arguments of D-Bus messages as words and lines: see values.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/values.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool append_number(DBusMessageIter *iter, int type, const char *word)
{
  uint64_t number = strtoull(word, NULL, 0);
  DBusBasicValue value = {.u64 = number};

  switch (type) {
  case DBUS_TYPE_BYTE:
    value.byt = (unsigned char)number;
    break;
  case DBUS_TYPE_BOOLEAN:
    value.bool_val = number != 0;
    break;
  case DBUS_TYPE_INT16:
  case DBUS_TYPE_UINT16:
    value.u16 = (dbus_uint16_t)number;
    break;
  case DBUS_TYPE_INT32:
  case DBUS_TYPE_UINT32:
    value.u32 = (dbus_uint32_t)number;
    break;
  case DBUS_TYPE_DOUBLE:
    value.dbl = strtod(word, NULL);
    break;
  default:
    break;
  }
  return dbus_message_iter_append_basic(iter, type, &value);
}

static bool append_basic(DBusMessageIter *iter, int type, const char *word)
{
  switch (type) {
  case DBUS_TYPE_STRING:
  case DBUS_TYPE_OBJECT_PATH:
  case DBUS_TYPE_SIGNATURE:
    return dbus_message_iter_append_basic(iter, type, &word);
  default:
    return dbus_type_is_basic(type) && append_number(iter, type, word);
  }
}

/* Both forms of octets; *size: how many. To be freed. */
static uint8_t *read_octets(const char *word, size_t *size)
{
  const char *star = strchr(word, '*'), *digits = star != NULL ? star + 1 : word;
  size_t step = star != NULL ? 0 : 2;
  uint8_t *octets;

  *size = star != NULL ? strtoul(word, NULL, 10) : strlen(word) / 2;
  octets = malloc(*size + 1);
  for (size_t i = 0; octets != NULL && i < *size; i++) {
    char pair[3] = {digits[i * step], digits[i * step + 1], '\0'};

    octets[i] = (uint8_t)strtoul(pair, NULL, 16);
  }
  return octets;
}

static bool append_octets(DBusMessageIter *iter, const char *word)
{
  DBusMessageIter array;
  size_t size;
  uint8_t *octets = read_octets(word, &size);
  bool done = octets != NULL &&
              dbus_message_iter_open_container(iter, DBUS_TYPE_ARRAY, "y", &array) &&
              dbus_message_iter_append_fixed_array(&array, DBUS_TYPE_BYTE, &octets, (int)size) &&
              dbus_message_iter_close_container(iter, &array);

  free(octets);
  return done;
}

static bool append_value(DBusMessageIter *variant, const char *type, const char *value);

/* KEY=TYPE:VALUE; pair is changed. */
static bool append_pair(DBusMessageIter *dict, char *pair)
{
  char *type = strchr(pair, '='), *value = type != NULL ? strchr(type, ':') : NULL;
  DBusMessageIter entry, variant;

  if (value == NULL)
    return false;
  *type++ = '\0';
  *value++ = '\0';
  return dbus_message_iter_open_container(dict, DBUS_TYPE_DICT_ENTRY, NULL, &entry) &&
         dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &pair) &&
         dbus_message_iter_open_container(&entry, DBUS_TYPE_VARIANT, type, &variant) &&
         append_value(&variant, type, value) &&
         dbus_message_iter_close_container(&entry, &variant) &&
         dbus_message_iter_close_container(dict, &entry);
}

static bool append_pairs(DBusMessageIter *iter, const char *word, const char *between)
{
  DBusMessageIter dict;
  char *copy = strdup(word), *place = NULL;
  bool done =
      copy != NULL && dbus_message_iter_open_container(iter, DBUS_TYPE_ARRAY, "{sv}", &dict);

  for (char *pair = done ? strtok_r(copy, between, &place) : NULL; pair != NULL && done;
       pair = strtok_r(NULL, between, &place))
    done = append_pair(&dict, pair);
  free(copy);
  return done && dbus_message_iter_close_container(iter, &dict);
}

static bool append_dict(DBusMessageIter *iter, const char *word)
{
  return append_pairs(iter, word, ";");
}

static bool append_inner(DBusMessageIter *iter, const char *word)
{
  return append_pairs(iter, word, ",");
}

/* Elements with `between` between them; an empty word is an array without any. */
static bool append_array(DBusMessageIter *iter, const char *type, const char *word,
                         const char *between,
                         bool (*append)(DBusMessageIter *iter, const char *word))
{
  DBusMessageIter array;
  char *copy = strdup(word), *rest = copy;
  bool done = copy != NULL && dbus_message_iter_open_container(iter, DBUS_TYPE_ARRAY, type, &array);

  while (done && word[0] != '\0' && rest != NULL)
    done = append(&array, strsep(&rest, between));
  free(copy);
  return done && dbus_message_iter_close_container(iter, &array);
}

static bool append_value(DBusMessageIter *variant, const char *type, const char *value)
{
  if (strcmp(type, "ay") == 0)
    return append_octets(variant, value);
  if (strcmp(type, "aay") == 0)
    return append_array(variant, "ay", value, ",", append_octets);
  if (strcmp(type, "aa{sv}") == 0)
    return append_array(variant, "a{sv}", value, "~", append_inner);
  return append_basic(variant, type[0], value);
}

static bool append_word(DBusMessageIter *iter, const char *type, const char *word)
{
  if (strcmp(type, "ay") == 0)
    return append_octets(iter, word);
  if (strcmp(type, "a{sv}") == 0)
    return append_dict(iter, word);
  if (strcmp(type, "aay") == 0)
    return append_array(iter, "ay", word, ",", append_octets);
  if (strcmp(type, "aa{sv}") == 0)
    return append_array(iter, "a{sv}", word, "&", append_dict);
  return type[1] == '\0' && append_basic(iter, type[0], word);
}

bool values_append(DBusMessage *message, const char *signature, char **words, int count)
{
  DBusSignatureIter types;
  DBusMessageIter iter;
  bool done = true;

  if (signature[0] == '\0')
    return count == 0;
  if (!dbus_signature_validate(signature, NULL))
    return false;
  dbus_message_iter_init_append(message, &iter);
  dbus_signature_iter_init(&types, signature);
  do {
    char *type = dbus_signature_iter_get_signature(&types);

    done = done && count-- > 0 && append_word(&iter, type, *words++);
    dbus_free(type);
  } while (dbus_signature_iter_next(&types));
  return done && count == 0;
}

DBusMessage *values_dict(const char *word, DBusMessageIter *iter)
{
  DBusMessage *message = dbus_message_new_signal("/a", "a.b", "C");
  char *words[] = {(char *)(uintptr_t)word};

  if (values_append(message, "a{sv}", words, 1) && dbus_message_iter_init(message, iter))
    return message;
  dbus_message_unref(message);
  return NULL;
}

static void print_value(FILE *out, DBusMessageIter *iter);

static void print_dict(FILE *out, DBusMessageIter *dict);

/* Dictionaries inside one: {KEY=VALUE...}. */
static void print_nested(FILE *out, DBusMessageIter *iter)
{
  DBusMessageIter array, dict;

  dbus_message_iter_recurse(iter, &array);
  for (; dbus_message_iter_get_arg_type(&array) != DBUS_TYPE_INVALID;
       dbus_message_iter_next(&array)) {
    dbus_message_iter_recurse(&array, &dict);
    fputc('{', out);
    print_dict(out, &dict);
    fputc('}', out);
  }
}

static void print_dict(FILE *out, DBusMessageIter *dict)
{
  const char *between = "";

  for (; dbus_message_iter_get_arg_type(dict) != DBUS_TYPE_INVALID; dbus_message_iter_next(dict)) {
    DBusMessageIter entry, variant;

    fputs(between, out);
    between = "  ";
    dbus_message_iter_recurse(dict, &entry);
    print_value(out, &entry);
    fputc('=', out);
    dbus_message_iter_next(&entry);
    dbus_message_iter_recurse(&entry, &variant);
    if (dbus_message_iter_get_arg_type(&variant) == DBUS_TYPE_ARRAY &&
        dbus_message_iter_get_element_type(&variant) == DBUS_TYPE_ARRAY)
      print_nested(out, &variant);
    else
      print_value(out, &variant);
  }
}

/* HOST/PROTOCOL/PORT for a peer. */
static void print_struct(FILE *out, DBusMessageIter *members)
{
  const char *between = "";

  for (; dbus_message_iter_get_arg_type(members) != DBUS_TYPE_INVALID;
       dbus_message_iter_next(members)) {
    fputs(between, out);
    between = "/";
    print_value(out, members);
  }
}

static void print_octets(FILE *out, DBusMessageIter *array)
{
  const uint8_t *octets = NULL;
  int size = 0;

  dbus_message_iter_get_fixed_array(array, &octets, &size);
  for (int i = 0; i < size; i++)
    fprintf(out, "%02x", octets[i]);
}

static void print_array(FILE *out, DBusMessageIter *iter)
{
  int type = dbus_message_iter_get_element_type(iter);
  const char *between = "";
  DBusMessageIter array;

  dbus_message_iter_recurse(iter, &array);
  if (type == DBUS_TYPE_BYTE) {
    print_octets(out, &array);
    return;
  }
  if (type == DBUS_TYPE_DICT_ENTRY) {
    print_dict(out, &array);
    return;
  }
  for (; dbus_message_iter_get_arg_type(&array) != DBUS_TYPE_INVALID;
       dbus_message_iter_next(&array)) {
    fputs(between, out);
    between = type == DBUS_TYPE_STRUCT ? " " : "\n";
    print_value(out, &array);
  }
}

static void print_basic(FILE *out, int type, DBusMessageIter *iter)
{
  DBusBasicValue value = {.u64 = 0};

  dbus_message_iter_get_basic(iter, &value);
  switch (type) {
  case DBUS_TYPE_BOOLEAN:
    fprintf(out, "%d", value.bool_val != 0);
    break;
  case DBUS_TYPE_BYTE:
    fprintf(out, "%u", value.byt);
    break;
  case DBUS_TYPE_UINT16:
    fprintf(out, "%u", value.u16);
    break;
  case DBUS_TYPE_UINT32:
    fprintf(out, "%u", value.u32);
    break;
  case DBUS_TYPE_UINT64:
    fprintf(out, "%" PRIu64, (uint64_t)value.u64);
    break;
  default:
    fputs(value.str, out);
    break;
  }
}

static void print_value(FILE *out, DBusMessageIter *iter)
{
  DBusMessageIter members;
  int type = dbus_message_iter_get_arg_type(iter);

  switch (type) {
  case DBUS_TYPE_ARRAY:
    print_array(out, iter);
    break;
  case DBUS_TYPE_STRUCT:
    dbus_message_iter_recurse(iter, &members);
    print_struct(out, &members);
    break;
  default:
    print_basic(out, type, iter);
    break;
  }
}

static bool is_empty_list(DBusMessageIter *iter)
{
  return dbus_message_iter_get_arg_type(iter) == DBUS_TYPE_ARRAY &&
         dbus_message_iter_get_element_type(iter) == DBUS_TYPE_ARRAY &&
         dbus_message_iter_get_element_count(iter) == 0;
}

void values_print(FILE *out, DBusMessage *message)
{
  DBusMessageIter iter;

  if (!dbus_message_iter_init(message, &iter))
    return;
  do {
    if (is_empty_list(&iter))
      continue;
    print_value(out, &iter);
    fputc('\n', out);
  } while (dbus_message_iter_next(&iter));
}
