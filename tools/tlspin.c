/* tlspin: see, clear and restore the TLS pins of a user, and try a server.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"

#include <locale.h>
#include <stdlib.h>

static const struct command commands[] = {
    {"connect", "HOST:PORT", N_("meet a server once, and say what its pin is worth"), run_connect},
    {"list", "[PATTERN]", N_("list the pins"), run_list},
    {"show", "HOST[:PORT]...", N_("show all that is known about a server"), run_show},
    {"clear", "HOST[:PORT]... | --all | --since TIME", N_("forget pins"), run_clear},
    {"undo", "[OPERATION...]", N_("take back what was cleared, or what was taken back"), run_undo},
    {"status", "", N_("say how the pin store is"), run_status},
    {NULL, NULL, NULL, NULL},
};

struct shared_options shared_options;

tlspin_t *store_context(void)
{
  tlspin_t *context = NULL;

  if (tlspin_new(&context, shared_options.bus) != TLSPIN_OK)
    exit(complain(STATUS_STORE, "%s", tlspin_code_text(TLSPIN_E_MEMORY)));
  return context;
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

static char *describe(void)
{
  g_autofree char *list = command_list(commands);

  return g_strdup_printf(
      _("Commands:\n%s\n"
        "A server that takes part hands out a ticket when a program of yours first meets\n"
        "it, and later proves that it is the same server (RFC 8672). Nobody else can,\n"
        "whatever certificate they have.\n"
        "\n"
        "Examples:\n"
        "  tlspin connect imap.example.org:993\n"
        "      does this server pin, and is it the one that was pinned?\n"
        "  tlspin list\n"
        "      which servers are pinned, and until when\n"
        "  tlspin clear imap.example.org\n"
        "      forget a server that was changed on purpose\n"
        "  tlspin undo\n"
        "      take that back\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, 2 no connection or no valid certificate,\n"
        "3 the server did not meet its pin, 4 the pin store can't be read, 5 nothing\n"
        "found.\n"
        "More: tlspin COMMAND --help, man tlspin."),
      list);
}

int main(int argc, char **argv)
{
  g_autofree char *description = NULL;
  int status;

  setlocale(LC_ALL, "");
  description = describe();
  status = output_finish(command_main(commands, "tlspin",
                                      _("See and mend the TLS pins that your programs share."),
                                      description, argc, argv));
  g_free(shared_options.bus);
  return status;
}
