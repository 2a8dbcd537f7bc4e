/* JSON that somebody else wrote: see json-text.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/json-text.h"

#include <string.h>

enum { DEPTH_MOST = 16 };

static bool is_nul(const uint8_t *rest, size_t size)
{
  static const char nul[] = "\\u0000";

  return size >= sizeof nul - 1 && memcmp(rest, nul, sizeof nul - 1) == 0;
}

/* json-glib calls itself for each level, and so can be made to use up the stack; and it cuts a
 * string off at a NUL. Brackets in strings don't count. line: where it was too much, else the last
 * one. */
static bool is_harmless(struct span text, size_t *line, bool *closed)
{
  unsigned depth = 0;
  bool string = false;

  *line = 1;
  for (size_t i = 0; i < text.size && depth <= DEPTH_MOST; i++) {
    uint8_t octet = text.data[i];

    *line += octet == '\n';
    if (octet == '"')
      string = !string;
    else if (string && is_nul(text.data + i, text.size - i))
      return false;
    else if (string)
      i += octet == '\\';
    else if (octet == '[' || octet == '{')
      depth++;
    else if ((octet == ']' || octet == '}') && depth > 0)
      depth--;
  }
  *closed = depth == 0;
  return depth <= DEPTH_MOST;
}

/* The parser knows where it is no longer than this. */
static void on_error(JsonParser *parser, const GError *error, void *line)
{
  (void)error;
  *(size_t *)line = json_parser_get_current_line(parser);
}

/* Of two members with one name json-glib keeps the last: then there are more of them than are kept
 * in all objects, those that were replaced included. */
struct members {
  size_t read, kept;
};

static void on_member(JsonParser *parser, JsonObject *object, const char *name, void *data)
{
  struct members *members = data;

  (void)parser;
  (void)object;
  (void)name;
  members->read++;
}

static void on_object(JsonParser *parser, JsonObject *object, void *data)
{
  struct members *members = data;

  (void)parser;
  members->kept += json_object_get_size(object);
}

/* Where the parser is: in lists and objects that each began in some line. */
struct whereabouts {
  GHashTable *lines; /* see json_text_read_lines */
  size_t began[DEPTH_MOST + 1];
  unsigned depth;
};

static void on_begin(JsonParser *parser, void *data)
{
  struct whereabouts *where = data;

  if (where->depth < G_N_ELEMENTS(where->began))
    where->began[where->depth] = json_parser_get_current_line(parser);
  where->depth++;
}

static void on_end(JsonParser *parser, void *ended, void *data)
{
  struct whereabouts *where = data;

  (void)parser;
  (void)ended;
  where->depth--;
}

/* The object or list that ended last is the element. */
static void on_element(JsonParser *parser, JsonArray *list, int index, void *data)
{
  struct whereabouts *where = data;
  JsonNode *node = json_array_get_element(list, (guint)index);
  size_t line = JSON_NODE_HOLDS_VALUE(node) || JSON_NODE_HOLDS_NULL(node)
                    ? json_parser_get_current_line(parser)
                    : where->began[where->depth];

  if (where->depth == 2)
    g_hash_table_insert(where->lines, node, GSIZE_TO_POINTER(line));
}

static void watch(JsonParser *parser, struct whereabouts *where)
{
  g_signal_connect(parser, "object-start", G_CALLBACK(on_begin), where);
  g_signal_connect(parser, "array-start", G_CALLBACK(on_begin), where);
  g_signal_connect(parser, "object-end", G_CALLBACK(on_end), where);
  g_signal_connect(parser, "array-end", G_CALLBACK(on_end), where);
  g_signal_connect(parser, "array-element", G_CALLBACK(on_element), where);
}

static JsonNode *parse(JsonParser *parser, struct span text, size_t *line)
{
  struct members members = {0, 0};
  bool closed;

  if (text.size == 0 || text.size > G_MAXSSIZE || !is_harmless(text, line, &closed))
    return NULL;
  if (memchr(text.data, '\0', text.size) != NULL ||
      !g_utf8_validate_len((const char *)text.data, text.size, NULL))
    return NULL;
  if (closed) /* else the fault is where it is broken off, and json-glib might say any line */
    g_signal_connect(parser, "error", G_CALLBACK(on_error), line);
  g_signal_connect(parser, "object-member", G_CALLBACK(on_member), &members);
  g_signal_connect(parser, "object-end", G_CALLBACK(on_object), &members);
  if (!json_parser_load_from_data(parser, (const char *)text.data, (gssize)text.size, NULL) ||
      members.read != members.kept)
    return NULL;
  return json_parser_steal_root(parser);
}

JsonNode *json_text_read(struct span text, size_t *line)
{
  g_autoptr(JsonParser) parser = json_parser_new_immutable();

  return parse(parser, text, line);
}

JsonNode *json_text_read_lines(struct span text, size_t *line, GHashTable *lines)
{
  g_autoptr(JsonParser) parser = json_parser_new_immutable();
  struct whereabouts where = {.lines = lines};

  watch(parser, &where);
  return parse(parser, text, line);
}

static JsonNode *member(JsonObject *object, const char *name, JsonNodeType type)
{
  JsonNode *node = json_object_get_member(object, name);

  return node != NULL && JSON_NODE_TYPE(node) == type ? node : NULL;
}

static JsonNode *value(JsonObject *object, const char *name, GType type)
{
  JsonNode *node = member(object, name, JSON_NODE_VALUE);

  return node != NULL && json_node_get_value_type(node) == type ? node : NULL;
}

const char *json_text_string(JsonObject *object, const char *name)
{
  JsonNode *node = value(object, name, G_TYPE_STRING);

  return node != NULL ? json_node_get_string(node) : NULL;
}

JsonArray *json_text_array(JsonObject *object, const char *name)
{
  JsonNode *node = member(object, name, JSON_NODE_ARRAY);

  return node != NULL ? json_node_get_array(node) : NULL;
}

JsonObject *json_text_object(JsonObject *object, const char *name)
{
  JsonNode *node = member(object, name, JSON_NODE_OBJECT);

  return node != NULL ? json_node_get_object(node) : NULL;
}

bool json_text_number(JsonObject *object, const char *name, int64_t *number)
{
  JsonNode *node = value(object, name, G_TYPE_INT64);

  if (node != NULL)
    *number = json_node_get_int(node);
  return node != NULL;
}

bool json_text_flag(JsonObject *object, const char *name, bool *flag)
{
  JsonNode *node = value(object, name, G_TYPE_BOOLEAN);

  if (node != NULL)
    *flag = json_node_get_boolean(node);
  return node != NULL;
}
