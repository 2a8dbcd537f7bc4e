/* tlspin except: a key is accepted although the PKI says no.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "pinning/keypin.h"
#include "tools/storing.h"

static struct {
  struct edit_keys keys;
  char **errors;
  char *until;
  char *note;
} options;

static const GOptionEntry entries[] = {
    {"error", 'e', 0, G_OPTION_ARG_STRING_ARRAY, &options.errors,
     N_("What is excused; again for more"), N_("NAME")},
    {"until", 0, 0, G_OPTION_ARG_STRING, &options.until, N_("When the exception ends"), N_("TIME")},
    {"key", 'k', 0, G_OPTION_ARG_STRING_ARRAY, &options.keys.texts, N_("A key, as in 'tlspin pin'"),
     N_("TEXT")},
    {"cert", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.keys.files,
     N_("The key of the certificate or public key in FILE (PEM)"), N_("FILE")},
    {"from-server", 0, 0, G_OPTION_ARG_NONE, &options.keys.from_server,
     N_("The key that the server shows now"), NULL},
    {"ca", 0, 0, G_OPTION_ARG_FILENAME, &options.keys.ca_file,
     N_("With --from-server: trust these certificates (PEM)"), N_("FILE")},
    {"sni", 0, 0, G_OPTION_ARG_STRING, &options.keys.sni,
     N_("With --from-server: its name, where HOST is its address"), N_("NAME")},
    {"note", 0, 0, G_OPTION_ARG_STRING, &options.note, N_("A note to yourself"), N_("TEXT")},
    G_OPTION_ENTRY_NULL,
};

static int read_errors(unsigned *errors)
{
  for (char **name = options.errors; name != NULL && *name != NULL; name++) {
    enum pki_error error;

    if (!pki_error_from_token(*name, &error) || (error & PKI_EXCUSABLE) == 0)
      return complain(STATUS_USAGE,
                      _("'%s' can't be excused. Say unknown-issuer, expired, not-yet-valid, name, "
                        "weak or purpose."),
                      *name);
    *errors |= error;
  }
  if (*errors == 0)
    return complain(STATUS_USAGE, _("Say what is excused: --error NAME."));
  return options.until != NULL
             ? STATUS_FINE
             : complain(STATUS_USAGE, _("Say when the exception ends: --until TIME."));
}

static int except(const struct edit *model)
{
  g_autofree char *place = edit_place_text(model);
  g_autofree char *done = g_strdup_printf(_("There is an exception for %s."), place);

  return storing_put(&options.keys, place, model, done);
}

int run_except(int argc, char **argv)
{
  struct edit model = {.record = {.kind = "exception", .status = "excepted"}};
  const char *description =
      _("Makes an exception: a server with this key is accepted although its certificate\n"
        "has an error. NAME says which error: unknown-issuer (also self-signed), expired,\n"
        "not-yet-valid, name, weak or purpose. Every error that the certificate has must\n"
        "be named; a revoked one is never excused, and a blocked key stays blocked. Only\n"
        "programs that leave the check to tlspin know of exceptions.\n"
        "\n"
        "Compare the key with what the server's operator says, over another way.\n"
        "\n"
        "Examples:\n"
        "  tlspin except nas.home.arpa:443 --from-server --error unknown-issuer \\\n"
        "    --until 2027-01-01\n"
        "  tlspin except old.example.org --cert old.pem --error expired --until 30d\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, 2 no connection, 4 the pin store can't be\n"
        "read or written.");
  int status = read_options("except", _("HOST[:PORT]"), description, entries, 1, 1, &argc, &argv);

  if (status == STATUS_FINE)
    status = edit_keys_read_server(&options.keys, argv[1], &model);
  if (status == STATUS_FINE)
    status = read_errors(&model.record.errors);
  if (status == STATUS_FINE)
    status = edit_read_note(options.note, &model.record);
  if (status == STATUS_FINE)
    status = edit_read_end(options.until, &model.record.expires);
  return status == STATUS_FINE ? except(&model) : status;
}
