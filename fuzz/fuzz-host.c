/* Host names, places and UTF-8.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz/fuzz.h"

#include "common/spelling.h"
#include "common/utf8.h"
#include "pinning/place.h"

#include <glib.h>
#include <string.h>

/* As a name of DNS that goes into SNI: see host.h. */
static void require_normal(const char *host)
{
  size_t size = strlen(host), label = 0;

  require(size > 0 && size <= HOST_MAX);
  require(strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-.") == size);
  for (size_t i = 0; i <= size; i++)
    if (host[i] == '.' || host[i] == '\0') {
      require(label > 0 && label <= LABEL_MAX && host[i - 1] != '-' && host[i - label] != '-');
      label = 0;
    } else {
      label++;
    }
}

/* Upper case, and the dot of the root, make no other name. */
static void require_stable(const char *host)
{
  g_autofree char *other = g_strconcat(host, ".", NULL);
  char again[HOST_MAX + 1];

  require(host_normalise(host, strlen(host), again) == HOST_FINE && strcmp(host, again) == 0);
  for (char *c = other; *c != '\0'; c++)
    *c = g_ascii_toupper(*c);
  require(host_normalise(other, strlen(other), again) == HOST_FINE && strcmp(host, again) == 0);
}

static void try_place(const char *host)
{
  struct place place = {.scope = SCOPE_SUBTREE, .protocol = PLACE_ANY_PROTOCOL};
  struct peer peer = {.protocol = PROTOCOL_TLS, .port = 443};
  const char *names[PLACE_NAMES_MAX];
  size_t count;

  g_strlcpy(peer.host, host, sizeof peer.host);
  count = place_names(peer.host, names);
  require(count >= 2 && names[0] == peer.host && names[count - 1][0] == '\0');
  for (size_t i = 0; i < count; i++) {
    g_strlcpy(place.host, names[i], sizeof place.host);
    require(place_covers(&place, &peer));
    require(i == 0 || strlen(names[i]) < strlen(names[i - 1]));
  }
}

static void try_name(const uint8_t *data, size_t size)
{
  char host[HOST_MAX + 1];
  enum host_fault fault = host_normalise((const char *)data, size, host);

  if (fault != HOST_FINE) {
    require(host_fault_token(fault) != NULL && host_fault_text(fault) != NULL);
    return;
  }
  require_normal(host);
  require_stable(host);
  try_place(host);
}

/* What is read as a place is written as a text that is read as the same. */
static void try_text(const char *text)
{
  char host[HOST_INPUT_MAX + 1], written[PLACE_TEXT_SIZE];
  struct place place, again;
  unsigned least = SPELLING_FAR;
  uint16_t port = 0;

  if (host_split(text, host, &port))
    require(strlen(host) <= HOST_INPUT_MAX && strlen(host) <= strlen(text));
  else
    require(host_split_fault(text) != HOST_FINE);
  spelling_is_nearer(text, "one-label", &least);
  require(least <= SPELLING_FAR);
  if (place_read(text, &place) != HOST_FINE)
    return;
  require(place_is_valid(&place));
  place_text(&place, written);
  require(place_read(written, &again) == HOST_FINE && place_equal(&place, &again));
}

/* What is read is written as the same octets, and GLib, whose reading is another one, agrees. */
static void try_characters(struct span octets)
{
  struct reader r = reader_of(octets);
  bool text = true;

  while (!r.failed && r.left > 0) {
    const uint8_t *from = r.next;
    uint32_t character = utf8_read(&r);
    uint8_t buffer[4];
    struct writer w = writer_of(buffer, sizeof buffer);

    if (r.failed)
      break;
    utf8_write(&w, character);
    require(span_equal(writer_span(&w), (struct span){from, (size_t)(r.next - from)}));
    text = text && !g_unichar_iscntrl(character);
  }
  if (octets.size > 0 && memchr(octets.data, 0, octets.size) == NULL)
    require(g_utf8_validate_len((const char *)octets.data, octets.size, NULL) == !r.failed);
  require(utf8_is_text(octets) == (!r.failed && text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autofree char *text = fuzz_text((struct span){data, size});

  try_name(data, size);
  try_text(text);
  try_characters((struct span){data, size});
  return 0;
}
