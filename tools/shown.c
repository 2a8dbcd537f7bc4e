/* What a server showed: see shown.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/shown.h"

#include "common/text.h"
#include "tools/dial.h"
#include "tools/output.h"
#include "tools/progress.h"
#include "tools/tls.h"

#include <gnutls/x509.h>

enum { TIMEOUT = 10, FILE_MOST = 4 << 20 };

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
static char *greet(struct tls *tls, const struct target *target)
{
  gint64 deadline = g_get_monotonic_time() + TIMEOUT * (gint64)G_USEC_PER_SEC;
  g_autoptr(GError) error = NULL;
  g_autoptr(GSocketConnection) connection = dial(target->host, target->port, deadline, &error);
  GSocket *socket;
  unsigned count = 0;
  int rc;

  if (connection == NULL)
    return g_strdup_printf(_("%s, port %u: %s."), target->host, target->port, error->message);
  socket = g_socket_connection_get_socket(connection);
  tls_check(tls);
  rc = tls_handshake(tls, socket, deadline);
  if (rc == GNUTLS_E_SUCCESS)
    tls_bye(tls, socket);
  return gnutls_certificate_get_peers(tls->session, &count) != NULL ? NULL : tls_problem(tls, rc);
}

static int read_server(struct tls *tls, const struct target *target, struct shown *shown)
{
  struct progress *progress = progress_start(_("Asking the server ..."));
  g_autofree char *problem = greet(tls, target);
  const gnutls_datum_t *certificates;
  unsigned count = 0;

  progress_stop(progress);
  if (problem != NULL)
    return complain(STATUS_CONNECTION, "%s", problem);
  certificates = gnutls_certificate_get_peers(tls->session, &count);
  return examine(tls, certificates, count, target->host, shown);
}

static void free_certificates(gnutls_datum_t *certificates, unsigned count)
{
  for (unsigned i = 0; i < count; i++)
    gnutls_free(certificates[i].data);
  g_free(certificates);
}

/* PEM to DER. NULL: none in it. */
static gnutls_datum_t *decode(const char *text, gsize size, unsigned *count)
{
  gnutls_datum_t pem = {(unsigned char *)text, (unsigned)size}, *certificates;
  gnutls_x509_crt_t *list = NULL;

  *count = 0;
  if (gnutls_x509_crt_list_import2(&list, count, &pem, GNUTLS_X509_FMT_PEM, 0) < 0)
    return NULL;
  certificates = g_new0(gnutls_datum_t, *count);
  for (unsigned i = 0; i < *count; i++) {
    gnutls_x509_crt_export2(list[i], GNUTLS_X509_FMT_DER, &certificates[i]);
    gnutls_x509_crt_deinit(list[i]);
  }
  gnutls_free(list);
  return certificates;
}

static int read_file(const struct tls *tls, const char *path, const char *host, struct shown *shown)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL, *name = g_filename_display_name(path);
  gnutls_datum_t *certificates;
  unsigned count;
  gsize size;
  int status;

  if (!g_file_get_contents(path, &text, &size, &error))
    return complain(STATUS_USAGE, "%s.", error->message);
  certificates = size <= FILE_MOST ? decode(text, size, &count) : NULL;
  if (certificates == NULL)
    return complain(STATUS_USAGE, _("'%s' holds no certificate in PEM form."), name);
  status = examine(tls, certificates, count, host, shown);
  free_certificates(certificates, count);
  return status;
}

int shown_read(const struct shown_options *options, const struct target *target,
               struct shown *shown)
{
  g_autofree char *problem = NULL;
  struct tls tls;
  int status;

  *shown = (struct shown){NULL};
  if (options->connect && options->chain_file != NULL)
    return complain(STATUS_USAGE, _("Say either --connect or --chain FILE."));
  if (!options->connect && options->chain_file == NULL)
    return STATUS_FINE;
  if (!tls_open(&tls, target->host, options->ca_file, false, &problem))
    status = complain(STATUS_CONNECTION, "%s.", problem);
  else
    status = options->connect ? read_server(&tls, target, shown)
                              : read_file(&tls, options->chain_file, target->host, shown);
  tls_close(&tls);
  return status;
}

void shown_clear(struct shown *shown)
{
  tlspin_gnutls_shown_free(shown->shown);
  shown->shown = NULL;
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
