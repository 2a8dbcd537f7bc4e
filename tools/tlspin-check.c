/* tlspin check: what would be said of a server that shows these certificates.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "pinning/verdict.h"
#include "tools/columns.h"
#include "tools/hosts.h"
#include "tools/record.h"
#include "tools/shown.h"

#include <string.h>

static struct shown_options options;

static const GOptionEntry entries[] = {
    {"chain", 0, 0, G_OPTION_ARG_FILENAME, &options.chain_file,
     N_("Check these certificates (PEM) without asking the server"), N_("FILE")},
    {"ca", 0, 0, G_OPTION_ARG_FILENAME, &options.ca_file,
     N_("Trust these certificates (PEM), not the system's"), N_("FILE")},
    {"sni", 0, 0, G_OPTION_ARG_STRING, &options.sni,
     N_("The server's name, where HOST is its address"), N_("NAME")},
    G_OPTION_ENTRY_NULL,
};

static bool is_pki_failure(const tlspin_verdict_t *verdict)
{
  return strcmp(tlspin_verdict_reason(verdict), verdict_reason_token(VERDICT_PKI_FAILED)) == 0;
}

/* A certificate that isn't valid is no good answer, whatever the pins say of it; and it is no other
 * server for that. */
static int status_of_answer(int code, const tlspin_verdict_t *verdict,
                            const struct tlspin_check *check)
{
  if (is_pki_failure(verdict))
    return STATUS_CONNECTION;
  if (code == TLSPIN_MISMATCH)
    return tlspin_verdict_enforced(verdict) ? STATUS_PIN : STATUS_FINE;
  if (code != TLSPIN_MATCH && code != TLSPIN_NO_PIN && code != TLSPIN_OPTED_OUT)
    return STATUS_STORE;
  return check->pki == TLSPIN_PKI_FAILED && tlspin_verdict_excused(verdict) != check->errors
             ? STATUS_CONNECTION
             : STATUS_FINE;
}

static void print_pki(const tlspin_verdict_t *verdict, const struct tlspin_check *check,
                      const struct columns_style *style)
{
  g_autofree char *errors = record_errors_text(check->errors);
  bool excused = tlspin_verdict_excused(verdict) == check->errors;
  g_autofree char *text = g_strdup_printf(
      excused ? _("The certificate is not valid (%s), and an exception excuses that.")
              : _("The certificate is not valid (%s)."),
      errors);

  if (check->errors != 0)
    columns_paragraph(style, 0, text);
}

/* A sentence, what the PKI has against the certificate, and where to read more. */
static void print_text(int code, const tlspin_verdict_t *verdict, const struct tlspin_check *check,
                       const struct target *target)
{
  g_autofree char *command = shown_why(&options, target);
  const struct columns_style style = columns_style_of_output();
  g_autofree char *answer = g_strdup_printf("%s: %s", tlspin_code_token((enum tlspin_code)code),
                                            tlspin_verdict_text(verdict));

  columns_paragraph(&style, 0, answer);
  print_pki(verdict, check, &style);
  if (code == TLSPIN_MISMATCH && !tlspin_verdict_enforced(verdict))
    columns_paragraph(&style, 0, _("Policy wants that only to be reported, so programs go on."));
  if (code == TLSPIN_MISMATCH || is_pki_failure(verdict))
    output_text(_("Why, and what would change it:\n  %s\n"), command);
}

static void put_errors(JsonBuilder *builder, const char *name, unsigned errors)
{
  json_builder_set_member_name(builder, name);
  record_put_errors(builder, errors);
}

static void print_json(int code, const tlspin_verdict_t *verdict, const struct tlspin_check *check,
                       const struct target *target)
{
  g_autofree char *server = target_text(target);
  JsonBuilder *builder = json_builder_new();

  json_builder_begin_object(builder);
  json_put_text(builder, "server", server);
  json_put_text(builder, "answer", tlspin_code_token((enum tlspin_code)code));
  json_put_text(builder, "reason", tlspin_verdict_reason(verdict));
  json_put_text(builder, "layer", tlspin_verdict_layer(verdict));
  json_put_flag(builder, "enforced", tlspin_verdict_enforced(verdict) != 0);
  json_put_number(builder, "rule", tlspin_verdict_rule(verdict));
  json_put_text(builder, "change", tlspin_verdict_change(verdict));
  put_errors(builder, "errors", check->errors);
  put_errors(builder, "excused", tlspin_verdict_excused(verdict));
  json_print(json_builder_end_object(builder));
}

static int judge(tlspin_t *context, const struct target *target, const struct tlspin_check *check)
{
  tlspin_verdict_t *verdict = NULL;
  int code = tlspin_check_chain(context, target->host, "tls", target->port, check, &verdict);
  int status;

  if (verdict == NULL)
    return complain_of(code);
  status = status_of_answer(code, verdict, check);
  (shared_options.json ? print_json : print_text)(code, verdict, check, target);
  tlspin_verdict_free(verdict);
  return status;
}

/* Nothing is logged, either: nobody relied on the answer. */
static int judge_shown(tlspin_t *context, const struct target *target, const struct shown *shown)
{
  struct tlspin_check check = *shown_check(shown);

  check.flags |= TLSPIN_CHECK_PRIVATE;
  return judge(context, target, &check);
}

int run_check(int argc, char **argv)
{
  struct target target;
  const char *description =
      _("Checks what a server shows against its pins, as a program would, and neither\n"
        "learns nor logs anything by it. The server is asked, unless its certificates are\n"
        "in a file, its own first.\n"
        "\n"
        "Examples:\n"
        "  tlspin check imap.example.org:993\n"
        "  tlspin check --chain seen.pem --ca our-ca.pem www.example.org:443\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, 2 no connection or no valid certificate,\n"
        "3 the server does not meet its pins, 4 the pin store can't be read.");
  int status = read_options("check", _("HOST:PORT"), description, entries, 1, 1, &argc, &argv);

  if (status != STATUS_FINE)
    return status;
  status = shown_read_target(&options, argv[1], &target);
  if (status != STATUS_FINE)
    return status;
  if (target.port == 0)
    return complain(STATUS_USAGE, _("'%s' has no port. Write HOST:PORT."), argv[1]);
  options.connect = options.chain_file == NULL;
  return shown_ask(&options, &target, judge_shown);
}
