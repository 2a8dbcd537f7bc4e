/* tlspin: see, clear and restore the TLS pins of a user, and try a server.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "tools/json.h"

#include <locale.h>

static const struct command commands[] = {
    {"connect", "HOST:PORT", N_("meet a server once, and say what its pins are worth"),
     run_connect},
    {"check", "HOST:PORT", N_("check what a server shows, and learn nothing by it"), run_check},
    {"why", "HOST[:PORT]", N_("explain what is said of a server"), run_why},
    {"list", "[PATTERN]", N_("list the pins"), run_list},
    {"show", "HOST[:PORT]...", N_("show all that is known about a server"), run_show},
    {"pin", "HOST[:PORT]", N_("pin a server to a key"), run_pin},
    {"block", "KEY [HOST]", N_("refuse a key wherever it shows"), run_block},
    {"except", "HOST[:PORT]", N_("accept a key although its certificate has an error"), run_except},
    {"off", "HOST[:PORT]... | --all", N_("switch pinning off for servers"), run_off},
    {"on", "HOST[:PORT]... | --all", N_("switch it on again"), run_on},
    {"clear", "[HOST[:PORT]...] | --all", N_("forget pins"), run_clear},
    {"undo", "[OPERATION...]", N_("take back a change, whatever it was"), run_undo},
    {"log", "[HOST]", N_("say what happened"), run_log},
    {"monitor", "", N_("show what happens, as it happens"), run_monitor},
    {"import", "FILE | - [HOST[:PORT]...]", N_("take over pins of other programs, or a dump"),
     run_import},
    {"export", "[HOST[:PORT]...]", N_("write a dump, policy, or options of other programs"),
     run_export},
    {"policy", "COMMAND", N_("check, compile and show what the administrator says"), run_policy},
    {"status", "", N_("say how the pin store is"), run_status},
    {"doctor", "", N_("say what happened to it, and what can be done"), run_doctor},
    {"backup", "[FILE]", N_("make a backup of your pins"), run_backup},
    {"restore", "[BACKUP | FILE]", N_("put a backup in the place of your pins"), run_restore},
    {NULL, NULL, NULL, NULL},
};

static char *describe(void)
{
  g_autofree char *list = command_list(commands);

  return g_strdup_printf(
      _("Commands:\n%s\n"
        "A server is pinned by the key that it has when a program of yours first meets\n"
        "it, and one that takes part in RFC 8672 by a ticket, too: later it has to show\n"
        "that it is the same server. Nobody else can, whatever certificate they have.\n"
        "\n"
        "Examples:\n"
        "  tlspin connect imap.example.org:993\n"
        "      is it the server that was pinned?\n"
        "  tlspin why imap.example.org:993\n"
        "      what your programs are told about it, and why, and what would change that\n"
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
  status =
      command_main(commands, "tlspin", _("See and mend the TLS pins that your programs share."),
                   description, argc, argv);
  if (status != STATUS_FINE && shared_options.json)
    json_print_failure();
  status = output_finish(status);
  g_free(shared_options.bus);
  return status;
}
