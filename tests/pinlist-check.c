/* Looks each of Chromium's pinned hosts, and names below each, up in a layer, or by the daemon on
 * the session bus, and holds the verdicts to what Chromium would say.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   pinlist-check FILE.json [LAYER.db]
 *
 * Closes with "N passed, M failed". */
#include "config.h"

#include "pinning/verdict.h"
#include "tests/pinlist-records.h"
#include "tests/pinlist.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT = 443 };

static GArray *list;
static GHashTable *by_host; /* host: struct pinlist_entry */
static unsigned passed, failed;

/* A path of one certificate with this key, of which only the digest is known. */
static struct chain chain_of(const uint8_t digest[32])
{
  static const uint8_t octets[1];
  struct chain chain = {.count = 1, .path = true};

  chain.at[0].der = chain.at[0].spki = (struct span){octets, sizeof octets};
  for (int selector = 0; selector < SELECTOR_COUNT; selector++)
    for (int matching = MATCHING_SHA256; matching < MATCHING_COUNT; matching++)
      chain.at[0].digests[selector][matching].known = true;
  memcpy(chain.at[0].digests[SELECTOR_SPKI][MATCHING_SHA256].octets, digest, 32);
  return chain;
}

static struct peer peer_of(const char *host)
{
  struct peer peer = {.protocol = PROTOCOL_TLS, .port = PORT};

  g_strlcpy(peer.host, host, sizeof peer.host);
  return peer;
}

static struct verdict judge(const char *host, const struct records *records,
                            const uint8_t digest[32])
{
  struct peer peer = peer_of(host);
  struct chain chain = chain_of(digest);
  struct verdict_input input = {
      .peer = &peer,
      .entries = (const struct verdict_entry *)(const void *)records->entries->data,
      .count = records->entries->len,
      .chain = &chain,
      .pki = PKI_OK,
      .changes = CHANGES_DEFAULT,
      .now = 1};
  struct verdict verdict;

  verdict_judge(&input, &verdict);
  return verdict;
}

static const char *parent_of(const char *host)
{
  const char *dot = strchr(host, '.');

  return dot != NULL ? dot + 1 : NULL;
}

/* Chromium's walk (net/http/transport_security_state.cc): the first name that has an entry decides,
 * and if that is a parent which doesn't include its subdomains, nothing is pinned. */
static const struct pinlist_entry *entry_of(const char *host)
{
  for (const char *name = host; name != NULL; name = parent_of(name)) {
    const struct pinlist_entry *entry = g_hash_table_lookup(by_host, name);

    if (entry != NULL)
      return name == host || entry->include_subdomains ? entry : NULL;
  }
  return NULL;
}

static bool lists(JsonArray *pins, const char *pin)
{
  for (guint i = 0; i < json_array_get_length(pins); i++)
    if (strcmp(json_array_get_string_element(pins, i), pin) == 0)
      return true;
  return false;
}

/* A blocked key is blocked by every entry that covers the host, and not only by the one that
 * decides. */
static bool is_blocked(const char *host, const char *pin)
{
  for (const char *name = host; name != NULL; name = parent_of(name)) {
    const struct pinlist_entry *entry = g_hash_table_lookup(by_host, name);

    if (entry != NULL && (name == host || entry->include_subdomains) && lists(entry->bad_pins, pin))
      return true;
  }
  return false;
}

static void check(const char *host, const struct records *records, const char *pin)
{
  const struct pinlist_entry *entry = entry_of(host);
  gsize size;
  g_autofree guchar *digest = g_base64_decode(pin, &size);
  enum tlspin_code answer = TLSPIN_NO_PIN;
  enum verdict_reason reason = VERDICT_NONE;
  struct verdict verdict = judge(host, records, digest);

  if (is_blocked(host, pin)) {
    answer = TLSPIN_MISMATCH;
    reason = VERDICT_KEY_REJECTED;
  } else if (entry != NULL) {
    answer = lists(entry->pins, pin) ? TLSPIN_MATCH : TLSPIN_MISMATCH;
    reason = answer == TLSPIN_MATCH ? VERDICT_CRITICAL_MATCHED : VERDICT_CRITICAL_DIFFERS;
  }
  if (size == 32 && verdict.answer == answer && verdict.reason == reason) {
    passed++;
    return;
  }
  failed++;
  printf("%s with %s: %s, %s; should be %s, %s\n", host, pin, tlspin_code_token(verdict.answer),
         verdict_reason_token(verdict.reason), tlspin_code_token(answer),
         verdict_reason_token(reason));
}

static void check_list(const char *host, const struct records *records, JsonArray *pins)
{
  for (guint i = 0; i < json_array_get_length(pins); i++)
    check(host, records, json_array_get_string_element(pins, i));
}

/* With each key that the entry names, and with one that nobody has. */
static void check_host(const char *host, const struct pinlist_entry *entry)
{
  struct peer peer = peer_of(host);
  struct records records = records_of(&peer);

  check_list(host, &records, entry->pins);
  check_list(host, &records, entry->bad_pins);
  check(host, &records, "/////////////////////////////////////////w8=");
  records_clear(&records);
}

static void check_entry(const struct pinlist_entry *entry)
{
  g_autofree char *below = g_strconcat("sub.", entry->host, NULL);
  g_autofree char *far_below = g_strconcat("a.b.", entry->host, NULL);
  g_autofree char *beside = g_strconcat("x", entry->host, NULL);

  check_host(entry->host, entry);
  check_host(below, entry);
  check_host(far_below, entry);
  check_host(beside, entry);
}

int main(int argc, char **argv)
{
  if (argc != 2 && argc != 3) {
    fprintf(stderr, "usage: pinlist-check FILE.json [LAYER.db]\n");
    return EXIT_FAILURE;
  }
  list = pinlist_read(argv[1]);
  by_host = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < list->len; i++) {
    struct pinlist_entry *entry = &g_array_index(list, struct pinlist_entry, i);

    g_hash_table_insert(by_host, (gpointer)(uintptr_t)entry->host, entry);
  }
  records_open(argv[2]);
  for (guint i = 0; i < list->len; i++)
    check_entry(&g_array_index(list, struct pinlist_entry, i));
  records_close();
  g_hash_table_unref(by_host);
  g_array_unref(list);
  printf("%u passed, %u failed\n", passed, failed);
  return failed == 0 && passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
