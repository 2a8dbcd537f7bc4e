/* tlspin why: what would be answered about a server, and why.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "tools/explanation.h"
#include "tools/hosts.h"
#include "tools/shown.h"

#include <string.h>

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

static int print(const struct question *asked, const tlspin_explanation_t *explanation)
{
  const struct columns_style style = columns_style_of_output();
  struct question question = *asked;

  question.explanation = explanation;
  if (shared_options.json)
    json_print(explanation_to_json(&question));
  else
    explanation_print(&question, &style);
  return STATUS_FINE;
}

/* How `tlspin pin --from-server` meets the server that was asked about: over TLS, by its name. To
 * be freed; NULL: not at all. */
static char *way_to_ask(const struct target *target)
{
  g_autofree char *file = NULL;

  if (dtls || strcmp(options.where, target->host) != 0)
    return NULL;
  if (options.ca_file == NULL)
    return g_strdup("");
  file = g_shell_quote(options.ca_file);
  return g_strconcat(" --ca ", file, NULL);
}

static int ask(tlspin_t *context, const struct target *target, const struct tlspin_check *check,
               tlspin_explanation_t **explanation)
{
  int code = tlspin_explain(context, target->host, dtls ? "dtls" : "tls", target->port, check,
                            explanation);

  return code == TLSPIN_OK ? STATUS_FINE : complain_of(code);
}

/* Over DTLS nobody is asked. To be freed. */
static char *way_to_judge(const struct target *target)
{
  struct shown_options now = options;
  g_autofree char *server = target_text(target);

  now.connect = TRUE;
  return dtls ? g_strdup_printf("tlspin why --dtls --chain %s %s", _("FILE"), server)
              : shown_why(&now, target);
}

static int explain_shown(tlspin_t *context, const struct target *target, const struct shown *shown)
{
  tlspin_explanation_t *explanation = NULL;
  g_autofree char *server = target_text(target), *way = way_to_ask(target),
                  *why = way_to_judge(target);
  const struct question question = {server, shown_check(shown), way, why, NULL};
  int status = ask(context, target, question.check, &explanation);

  if (status == STATUS_FINE)
    status = print(&question, explanation);
  tlspin_explanation_free(explanation);
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
  if (dtls && options.connect)
    return complain(STATUS_USAGE, _("--connect asks over TLS. With --dtls, say --chain FILE."));
  status = shown_read_target(&options, argv[1], &target);
  if (status != STATUS_FINE)
    return status;
  if (target.port == 0)
    target.port = PORT_HTTPS;
  return shown_ask(&options, &target, explain_shown);
}
