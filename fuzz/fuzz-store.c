/* Files that are no stores, and stores with some octets changed.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first octet says what follows: bit 0, whether it is opened as a layer of the system or as the
 * user's store; bit 1, whether the rest is the file, or changes of a good one: two octets of where,
 * counted backwards from the end where bit 15 is set, and one to be XORed there.
 *
 * So few octets are changed that they can't hold a digest: what is then still taken for a store
 * must say what it said before. */
#include "config.h"

#include "fuzz/fuzz.h"
#include "fuzz/specimen.h"

#include <glib.h>
#include <string.h>

enum { SYSTEM = 1, WHOLE = 2 };

/* Whatever is asked of an open store, it answers or says that it can't. */
static void ask(struct store *store)
{
  static const char *const hosts[] = {"a.example", "b.example", "x.mail.example.org"};

  for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
    struct peer peer = {.protocol = PROTOCOL_TLS, .port = 443};
    struct ticket_row row;
    enum tlspin_code code;

    g_strlcpy(peer.host, hosts[i], sizeof peer.host);
    code = store_get(store, &peer, &row);
    require(code == TLSPIN_OK || code == TLSPIN_E_NOT_FOUND || code == TLSPIN_UNAVAILABLE);
    if (code == TLSPIN_OK)
      ticket_row_clear(&row);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct reader r = reader_of((struct span){data, size});
  uint8_t mode = reader_u8(&r);
  const struct specimen *specimen = specimen_of((mode & SYSTEM) != 0 ? STORE_SYSTEM : STORE_USER);
  bool whole = (mode & WHOLE) != 0;
  g_autofree uint8_t *copy = g_malloc(specimen->size);
  struct store *store;
  char *text;

  specimen_put(specimen, whole ? reader_take(&r, r.left) : specimen_change(specimen, &r, copy));
  store = specimen_open(specimen);
  if (store == NULL)
    return 0;
  ask(store);
  text = specimen_text(store);
  if (!whole && text != NULL)
    require(strcmp(text, specimen->text) == 0);
  g_free(text);
  store_close(store);
  return 0;
}
