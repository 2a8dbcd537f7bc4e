/* Where an entry applies: see place.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/place.h"

#include <stdio.h>
#include <string.h>

static const char *const scopes[SCOPE_COUNT] = {
    [SCOPE_EXACT] = "exact",
    [SCOPE_ONE_LABEL] = "one-label",
    [SCOPE_SUBTREE] = "subtree",
};

const char *scope_token(enum scope scope)
{
  return scopes[scope];
}

bool scope_from_token(const char *token, enum scope *scope)
{
  for (int i = 0; i < SCOPE_COUNT; i++)
    if (strcmp(scopes[i], token) == 0) {
      *scope = (enum scope)i;
      return true;
    }
  return false;
}

const char *place_protocol_token(int protocol)
{
  return protocol == PLACE_ANY_PROTOCOL ? "" : protocol_token((enum protocol)protocol);
}

bool place_protocol_from_token(const char *token, int *protocol)
{
  enum protocol found;

  if (token[0] == '\0') {
    *protocol = PLACE_ANY_PROTOCOL;
    return true;
  }
  if (!protocol_from_token(token, &found))
    return false;
  *protocol = (int)found;
  return true;
}

struct place place_of_peer(const struct peer *peer)
{
  struct place place = {.scope = SCOPE_EXACT, .protocol = (int)peer->protocol, .port = peer->port};

  memcpy(place.host, peer->host, sizeof place.host);
  return place;
}

static bool host_is_normal(const char host[HOST_MAX + 1])
{
  char normal[HOST_MAX + 1];
  size_t size = strnlen(host, HOST_MAX + 1);

  return size <= HOST_MAX && host_normalise(host, size, normal) == HOST_FINE &&
         strcmp(host, normal) == 0;
}

bool place_is_valid(const struct place *place)
{
  if ((unsigned)place->scope >= SCOPE_COUNT || place->protocol < PLACE_ANY_PROTOCOL ||
      place->protocol >= PROTOCOL_COUNT)
    return false;
  return place->host[0] == '\0' ? place->scope == SCOPE_SUBTREE : host_is_normal(place->host);
}

/* How many octets the host has in front of "." and the parent; 0 where it isn't below it. */
static size_t below(const char *host, const char *parent)
{
  size_t size = strlen(host), tail = strlen(parent);

  if (size < tail + 2 || host[size - tail - 1] != '.' || strcmp(host + size - tail, parent) != 0)
    return 0;
  return size - tail - 1;
}

static bool covers_host(const struct place *place, const char *host)
{
  size_t labels;

  if (place->host[0] == '\0')
    return place->scope == SCOPE_SUBTREE;
  if (strcmp(place->host, host) == 0)
    return place->scope != SCOPE_ONE_LABEL;
  labels = below(host, place->host);
  if (labels == 0 || place->scope == SCOPE_EXACT)
    return false;
  return place->scope == SCOPE_SUBTREE || memchr(host, '.', labels) == NULL;
}

bool place_covers(const struct place *place, const struct peer *peer)
{
  if (place->protocol != PLACE_ANY_PROTOCOL && place->protocol != (int)peer->protocol)
    return false;
  if (place->port != PLACE_ANY_PORT && place->port != peer->port)
    return false;
  return covers_host(place, peer->host);
}

bool place_is_above(const struct place *place, const struct peer *peer)
{
  struct place tree = *place;

  tree.scope = SCOPE_SUBTREE;
  return place->host[0] != '\0' && strcmp(place->host, peer->host) != 0 &&
         place_covers(&tree, peer);
}

size_t place_names(const char *host, const char *names[PLACE_NAMES_MAX])
{
  size_t count = 0;

  while (host[0] != '\0' && count < PLACE_NAMES_MAX - 1) {
    names[count++] = host;
    host += strcspn(host, ".");
    host += host[0] == '.';
  }
  names[count++] = host + strlen(host);
  return count;
}

int place_compare(const struct place *a, const struct place *b)
{
  size_t a_size = strlen(a->host), b_size = strlen(b->host);

  if (a_size != b_size) /* 1 */
    return a_size > b_size ? -1 : 1;
  if (a->scope != b->scope) /* 2 */
    return a->scope < b->scope ? -1 : 1;
  if ((a->port == PLACE_ANY_PORT) != (b->port == PLACE_ANY_PORT)) /* 3 */
    return a->port != PLACE_ANY_PORT ? -1 : 1;
  if ((a->protocol == PLACE_ANY_PROTOCOL) != (b->protocol == PLACE_ANY_PROTOCOL)) /* 4 */
    return a->protocol != PLACE_ANY_PROTOCOL ? -1 : 1;
  return 0;
}

bool place_equal(const struct place *a, const struct place *b)
{
  return strcmp(a->host, b->host) == 0 && a->scope == b->scope && a->protocol == b->protocol &&
         a->port == b->port;
}

static const struct {
  const char *prefix;
  enum scope scope;
} forms[] = {
    {"**.", SCOPE_SUBTREE},
    {"*.", SCOPE_ONE_LABEL},
    {".", SCOPE_SUBTREE},
    {"", SCOPE_EXACT},
};

static enum host_fault read_name(const char *text, struct place *place)
{
  size_t form = 0;

  if (strcmp(text, "*") == 0) {
    place->scope = SCOPE_SUBTREE;
    return HOST_FINE;
  }
  while (strncmp(text, forms[form].prefix, strlen(forms[form].prefix)) != 0)
    form++;
  text += strlen(forms[form].prefix);
  place->scope = forms[form].scope;
  return host_normalise(text, strlen(text), place->host);
}

enum host_fault place_read(const char *text, struct place *place)
{
  struct place read = {.protocol = PLACE_ANY_PROTOCOL};
  char name[HOST_INPUT_MAX + 1];
  enum host_fault fault;

  if (strstr(text, "://") != NULL || !host_split(text, name, &read.port))
    return host_split_fault(text);
  fault = read_name(name, &read);
  if (fault == HOST_FINE)
    *place = read;
  return fault;
}

void place_text(const struct place *place, char text[PLACE_TEXT_SIZE])
{
  static const char *const prefixes[SCOPE_COUNT] = {
      [SCOPE_EXACT] = "", [SCOPE_ONE_LABEL] = "*.", [SCOPE_SUBTREE] = "."};
  const char *prefix = place->host[0] != '\0' ? prefixes[place->scope] : "*";
  int size = snprintf(text, PLACE_TEXT_SIZE, "%s%s", prefix, place->host);

  if (place->port != PLACE_ANY_PORT)
    snprintf(text + size, PLACE_TEXT_SIZE - (size_t)size, ":%u", (unsigned)place->port);
}
