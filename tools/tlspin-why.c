/* tlspin why: what would be answered about a server, and why.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "tools/explanation.h"
#include "tools/hosts.h"
#include "tools/shown.h"

enum { PORT_HTTPS = 443 };

static struct shown_options options;
static gboolean dtls;

static const GOptionEntry entries[] = {
    {"connect", 0, 0, G_OPTION_ARG_NONE, &options.connect,
     N_("Ask the server, and judge what it shows now"), NULL},
    {"chain", 0, 0, G_OPTION_ARG_FILENAME, &options.chain_file,
     N_("Judge these certificates (PEM, the server's own first)"), N_("FILE")},
    {"ca", 0, 0, G_OPTION_ARG_FILENAME, &options.ca_file,
     N_("Trust these certificates (PEM), not the system's"), N_("FILE")},
    {"sni", 0, 0, G_OPTION_ARG_STRING, &options.sni,
     N_("The server's name, where HOST is its address"), N_("NAME")},
    {"dtls", 0, 0, G_OPTION_ARG_NONE, &dtls, N_("DTLS, not TLS"), NULL},
    G_OPTION_ENTRY_NULL,
};

static int print(const tlspin_explanation_t *explanation, const char *server,
                 const struct tlspin_check *check)
{
  const struct columns_style style = columns_style_of_output();

  if (shared_options.json)
    json_print(explanation_to_json(explanation, server, check));
  else
    explanation_print(explanation, server, check, &style);
  return STATUS_FINE;
}

static int explain(const struct target *target)
{
  tlspin_t *context = store_context();
  tlspin_explanation_t *explanation = NULL;
  g_autofree char *server = target_text(target);
  struct shown shown;
  int status = shown_read(&options, target, &shown), code;

  if (status == STATUS_FINE) {
    code = tlspin_explain(context, target->host, dtls ? "dtls" : "tls", target->port,
                          shown_check(&shown), &explanation);
    status =
        code == TLSPIN_OK ? print(explanation, server, shown_check(&shown)) : complain_of(code);
  }
  tlspin_explanation_free(explanation);
  shown_clear(&shown);
  tlspin_free(context);
  return status;
}

int run_why(int argc, char **argv)
{
  struct target target;
  const char *description =
      _("Explains what your programs would be told about a server, and why: every entry\n"
        "of every layer that was looked at, which one decides and by which rule, what is\n"
        "masked or locked, and the commands that would change it. Nothing is changed.\n"
        "Without a port it is 443.\n"
        "\n"
        "Examples:\n"
        "  tlspin why www.example.org\n"
        "  tlspin why --connect imap.example.org:993\n"
        "  tlspin why --chain seen.pem --json mail.example.org:25\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, 2 no connection, 4 the pin store can't be\n"
        "asked.");
  int status = read_options("why", _("HOST[:PORT]"), description, entries, 1, 1, &argc, &argv);

  if (status != STATUS_FINE)
    return status;
  status = shown_read_target(&options, argv[1], &target);
  if (status != STATUS_FINE)
    return status;
  if (target.port == 0)
    target.port = PORT_HTTPS;
  return explain(&target);
}
