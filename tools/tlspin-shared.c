/* What the commands of tlspin share: see tlspin.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "tools/json.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct shared_options shared_options;

tlspin_t *store_context(void)
{
  tlspin_t *context = NULL;

  int status;

  if (tlspin_new(&context, shared_options.bus) == TLSPIN_OK)
    return context;
  status = complain(STATUS_STORE, "%s", tlspin_code_text(TLSPIN_E_MEMORY));
  if (shared_options.json)
    json_print_failure();
  exit(status);
}

int64_t store_time(void)
{
  tlspin_t *context = store_context();
  tlspin_status_t *status = NULL;
  int64_t now = time(NULL);
  const char *clock = NULL;

  if (tlspin_status(context, &status) == TLSPIN_OK)
    clock = tlspin_status_string(status, "clock");
  if (clock != NULL && strcmp(clock, "suspect") == 0)
    now = tlspin_status_number(status, "believed");
  tlspin_status_free(status);
  tlspin_free(context);
  return now;
}

int read_options(const char *command, const char *arguments, const char *description,
                 const GOptionEntry *entries, int least, int most, int *argc, char ***argv)
{
  static const GOptionEntry shared[] = {
      {"json", 0, 0, G_OPTION_ARG_NONE, &shared_options.json,
       N_("Print JSON; tlspin(1) describes it"), NULL},
      {"bus", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &shared_options.bus,
       N_("The bus to ask (default: the session bus)"), N_("ADDRESS")},
      G_OPTION_ENTRY_NULL,
  };
  g_autofree char *whole = g_strconcat("tlspin ", command, NULL);
  g_autoptr(GArray) all = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));

  for (; entries != NULL && entries->long_name != NULL; entries++)
    g_array_append_vals(all, entries, 1);
  g_array_append_vals(all, shared, G_N_ELEMENTS(shared));
  return options_parse(whole, arguments, description, (const GOptionEntry *)all->data, least, most,
                       argc, argv);
}

int status_of(int code)
{
  switch (code) {
  case TLSPIN_OK:
    return STATUS_FINE;
  case TLSPIN_E_ARGUMENT:
  case TLSPIN_CANNOT_BE_PINNED:
    return STATUS_USAGE;
  case TLSPIN_E_NOT_FOUND:
  case TLSPIN_E_NOTHING_TO_UNDO:
    return STATUS_NOT_FOUND;
  default:
    return STATUS_STORE;
  }
}

int complain_of(int code)
{
  const char *message = tlspin_last_message();

  return complain(status_of(code), "%s", message[0] != '\0' ? message : tlspin_code_text(code));
}
