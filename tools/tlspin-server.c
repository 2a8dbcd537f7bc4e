/* tlspin-server: protection keys of pinning tickets (RFC 8672), and a small server to try them
 * with. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin-server.h"

#include "common/seclusion.h"
#include "common/text.h"

#include <locale.h>

static const struct command commands[] = {
    {"keys", "COMMAND FILE", N_("make and change files of protection keys"), command_keys},
    {"serve", "--cert FILE --key FILE --keys FILE",
     N_("run a small HTTPS server that pins its clients"), command_serve},
    {NULL, NULL, NULL, NULL},
};

static char *describe(void)
{
  g_autofree char *list = command_list(commands);

  return g_strdup_printf(
      _("Commands:\n%s\n"
        "A server that pins hands each client a ticket, and proves in later connections\n"
        "that it is the server that did (RFC 8672). The tickets are sealed under\n"
        "protection keys.\n\n"
        "Examples:\n"
        "  tlspin-server keys new /etc/example/tlspin.keys\n"
        "      make a file with a first key\n"
        "  tlspin-server serve --cert cert.pem --key key.pem --keys tlspin.keys\n"
        "      try it\n"
        "  tlspin-server keys --help\n"
        "      what else can be done with keys\n\n"
        "Exit status: 0 fine, 1 wrong usage, 2 trouble with a file or with TLS.\n"
        "More: man tlspin-server, man tlspin-keys."),
      list);
}

int main(int argc, char **argv)
{
  g_autofree char *description = NULL;

  seclude_process();
  setlocale(LC_ALL, "");
  description = describe();
  return output_finish(command_main(
      commands, "tlspin-server", _("Pins the clients of TLS servers."), description, argc, argv));
}
