/* Makes the file of a system layer, for scripts.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   make-layer FILE LOCK PORT COUNT HOST...
 *
 * writes entries that end in 20 days. LOCK: none, enforce, report or off. COUNT more than 1: for
 * each HOST, so many names below it: 1.HOST, 2.HOST ... */
#include "config.h"

#include "daemon/layers.h"
#include "daemon/row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void must(bool worked, const char *what)
{
  if (worked)
    return;
  fprintf(stderr, "make-layer: %s\n", what);
  exit(EXIT_FAILURE);
}

static struct ticket_row row_of(const char *host, unsigned long port, unsigned number,
                                enum lock lock)
{
  static const uint8_t octets[48] = {1};
  struct ticket_row row = {.ticket = {octets, 32},
                           .secret = {octets, 48},
                           .hash = TICKET_SHA384,
                           .series = number + 1,
                           .lock = lock};

  snprintf(row.peer.host, sizeof row.peer.host, "%s", host);
  row.peer.protocol = PROTOCOL_TLS;
  row.peer.port = (uint16_t)port;
  row.first_seen = row.issued = time(NULL);
  row.expires = row.issued + 20 * 86400;
  return row;
}

static void add_rows(GArray *rows, const char *host, unsigned long port, unsigned long count,
                     enum lock lock)
{
  for (unsigned long i = 1; i <= count; i++) {
    g_autofree char *name = count > 1 ? g_strdup_printf("%lu.%s", i, host) : g_strdup(host);
    struct ticket_row row = row_of(name, port, rows->len, lock);

    g_array_append_val(rows, row);
  }
}

int main(int argc, char **argv)
{
  GArray *rows = g_array_new(FALSE, FALSE, sizeof(struct ticket_row));
  struct layer_contents contents = {.ticket_count = 0};
  enum lock lock = LOCK_NONE;
  char *problem = NULL;
  enum tlspin_code code;

  must(argc > 5, "usage: make-layer FILE LOCK PORT COUNT HOST...");
  must(lock_from_token(argv[2], &lock), "no such lock");
  for (int i = 5; i < argc; i++)
    add_rows(rows, argv[i], strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10), lock);
  contents.ticket_count = rows->len;
  contents.tickets = (const struct ticket_row *)(void *)rows->data;
  code = store_write_layer(argv[1], &contents, &problem);
  must(code == TLSPIN_OK, problem != NULL ? problem : tlspin_code_text(code));
  g_array_unref(rows);
  return EXIT_SUCCESS;
}
