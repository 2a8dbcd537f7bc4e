/* What a server showed: see shown.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/shown.h"

#include "common/text.h"
#include "tools/chainfile.h"
#include "tools/dial.h"
#include "tools/output.h"
#include "tools/progress.h"
#include "tools/tls.h"
#include "tools/tlspin.h"

#include <string.h>

enum { TIMEOUT = 10 };

static int examine(const struct tls *tls, const gnutls_datum_t *certificates, unsigned count,
                   const char *host, struct shown *shown)
{
  int code = tlspin_gnutls_examine(tls->credentials, certificates, count, host, &shown->shown);

  return code == TLSPIN_OK
             ? STATUS_FINE
             : complain(code == TLSPIN_E_ARGUMENT ? STATUS_USAGE : STATUS_CONNECTION, "%s",
                        tlspin_last_message()[0] != '\0'
                            ? tlspin_last_message()
                            : tlspin_code_text((enum tlspin_code)code));
}

/* A certificate that is not valid ends the handshake, and is examined all the same. Returns NULL,
 * or what went wrong, to be freed. */
static char *greet(struct tls *tls, const char *where, guint16 port)
{
  gint64 deadline = g_get_monotonic_time() + TIMEOUT * (gint64)G_USEC_PER_SEC;
  g_autoptr(GError) error = NULL;
  g_autoptr(GSocketConnection) connection = dial(where, port, deadline, &error);
  GSocket *socket;
  unsigned count = 0;
  int rc;

  if (connection == NULL)
    return g_strdup_printf(_("%s, port %u: %s."), where, port, error->message);
  socket = g_socket_connection_get_socket(connection);
  tls_check(tls);
  rc = tls_handshake(tls, socket, deadline);
  if (rc == GNUTLS_E_SUCCESS)
    tls_bye(tls, socket);
  return gnutls_certificate_get_peers(tls->session, &count) != NULL ? NULL : tls_problem(tls, rc);
}

static int read_server(struct tls *tls, const char *where, const struct target *target,
                       struct shown *shown)
{
  struct progress *progress = progress_start(_("Asking the server ..."));
  g_autofree char *problem = greet(tls, where, target->port);
  const gnutls_datum_t *certificates;
  unsigned count = 0;

  progress_stop(progress);
  if (problem != NULL)
    return complain(STATUS_CONNECTION, "%s", problem);
  certificates = gnutls_certificate_get_peers(tls->session, &count);
  return examine(tls, certificates, count, target->host, shown);
}

static int read_file(const struct tls *tls, const char *path, const char *host, struct shown *shown)
{
  g_autofree char *problem = NULL;
  struct chainfile file;
  int status = chainfile_read(path, &file, &problem)
                   ? examine(tls, file.certificates, file.count, host, shown)
                   : complain(STATUS_USAGE, "%s", problem);

  chainfile_clear(&file);
  return status;
}

int shown_read_target(struct shown_options *options, const char *argument, struct target *target)
{
  g_autofree char *problem = NULL;

  return target_read_met(argument, options->sni, target, options->where, &problem)
             ? STATUS_FINE
             : complain(STATUS_USAGE, "%s.", problem);
}

int shown_read(const struct shown_options *options, const struct target *target,
               struct shown *shown)
{
  const char *where = options->where[0] != '\0' ? options->where : target->host;
  g_autofree char *problem = NULL;
  struct tls tls;
  int status;

  *shown = (struct shown){NULL};
  if (options->connect && options->chain_file != NULL)
    return complain(STATUS_USAGE, _("Say either --connect or --chain FILE."));
  if (!options->connect && options->chain_file == NULL)
    return STATUS_FINE;
  if (!tls_open(&tls, target->host, options->ca_file, false, &problem))
    status = complain(options->ca_file != NULL ? STATUS_USAGE : STATUS_CONNECTION, "%s", problem);
  else
    status = options->connect ? read_server(&tls, where, target, shown)
                              : read_file(&tls, options->chain_file, target->host, shown);
  tls_close(&tls);
  return status;
}

void shown_clear(struct shown *shown)
{
  tlspin_gnutls_shown_free(shown->shown);
  shown->shown = NULL;
}

int shown_ask(const struct shown_options *options, const struct target *target,
              int (*ask)(tlspin_t *context, const struct target *target, const struct shown *shown))
{
  struct shown shown;
  tlspin_t *context;
  int status = shown_read(options, target, &shown);

  if (status == STATUS_FINE) {
    context = store_context();
    status = ask(context, target, &shown);
    tlspin_free(context);
  }
  shown_clear(&shown);
  return status;
}

static void append_option(GString *command, const char *option, const char *value)
{
  g_autofree char *clean = value != NULL ? output_clean(value) : NULL;
  g_autofree char *quoted = value != NULL ? g_shell_quote(clean) : NULL;

  if (value != NULL)
    g_string_append_printf(command, " %s %s", option, quoted);
}

static char *where_to_ask(const struct shown_options *options, const struct target *target)
{
  if (!options->connect || options->sni == NULL)
    return target_text(target);
  if (strchr(options->where, ':') != NULL)
    return g_strdup_printf("'[%s]:%u'", options->where, target->port);
  return g_strdup_printf("%s:%u", options->where, target->port);
}

char *shown_why(const struct shown_options *options, const struct target *target)
{
  g_autofree char *server = where_to_ask(options, target);
  GString *command = g_string_new("tlspin why");

  if (options->connect)
    g_string_append(command, " --connect");
  append_option(command, "--chain", options->chain_file);
  if (options->connect && options->sni != NULL)
    g_string_append_printf(command, " --sni %s", target->host);
  g_string_append_printf(command, " %s", server);
  append_option(command, "--ca", options->ca_file);
  return g_string_free(command, FALSE);
}

const struct tlspin_check *shown_check(const struct shown *shown)
{
  return shown->shown != NULL ? tlspin_gnutls_shown_check(shown->shown) : NULL;
}

bool shown_key(const struct shown *shown, char text[SPKI_PIN_TEXT_SIZE])
{
  const struct tlspin_check *check = shown_check(shown);
  struct span spki;

  return check != NULL &&
         spki_of_certificate((struct span){check->chain[0].data, check->chain[0].size}, &spki) &&
         spki_pin_text(spki, text);
}
