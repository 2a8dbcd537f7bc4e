/* tlspin-server serve: a small HTTPS server that pins its clients.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/text.h"
#include "tools/input.h"
#include "tools/tlspin-server-connection.h"
#include "tools/tlspin-server-crew.h"
#include "tools/tlspin-server-listener.h"
#include "tools/tlspin-server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { FULL_PAUSE = 100 }; /* milliseconds between two looks for a free thread */

struct options {
  char *certificate, *key, *keys, *listen, *port_file, *priority, *client_ca;
  gint64 lifetime;
  gboolean ramp_down;
};

static volatile sig_atomic_t reload_asked, end_asked;

static void on_signal(int number)
{
  if (number == SIGHUP)
    reload_asked = 1;
  else
    end_asked = 1;
}

/* Signals come only while the loop waits, so no thread and no call is interrupted. waiting: the
 * mask for that. */
static void catch_signals(sigset_t *waiting)
{
  const int numbers[] = {SIGHUP, SIGTERM, SIGINT};
  struct sigaction action = {.sa_handler = on_signal};
  sigset_t blocked;

  sigemptyset(&blocked);
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
    sigaction(numbers[i], &action, NULL);
    sigaddset(&blocked, numbers[i]);
  }
  pthread_sigmask(SIG_BLOCK, &blocked, waiting);
  for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
    sigdelset(waiting, numbers[i]);
  signal(SIGPIPE, SIG_IGN);
}

static bool parse_options(struct options *options, int *argc, char ***argv, int *status)
{
  const GOptionEntry entries[] = {
      {"cert", 0, 0, G_OPTION_ARG_FILENAME, &options->certificate,
       N_("The certificate and its chain, PEM"), N_("FILE")},
      {"key", 0, 0, G_OPTION_ARG_FILENAME, &options->key,
       N_("The private key of the certificate, PEM"), N_("FILE")},
      {"keys", 0, 0, G_OPTION_ARG_FILENAME, &options->keys,
       N_("The protection keys, of 'tlspin-server keys new'"), N_("FILE")},
      {"listen", 0, 0, G_OPTION_ARG_STRING, &options->listen,
       N_("Where to listen (default: 127.0.0.1:0)"), N_("ADDRESS:PORT")},
      {"port-file", 0, 0, G_OPTION_ARG_FILENAME, &options->port_file,
       N_("Write the port to this file once it is listened on"), N_("FILE")},
      {"lifetime", 0, 0, G_OPTION_ARG_INT64, &options->lifetime,
       N_("How long tickets shall be kept (default: 31 days)"), N_("SECONDS")},
      {"ramp-down", 0, 0, G_OPTION_ARG_NONE, &options->ramp_down,
       N_("Give proofs, but no new tickets"), NULL},
      {"priority", 0, 0, G_OPTION_ARG_STRING, &options->priority,
       N_("What GnuTLS may use (default: NORMAL)"), N_("STRING")},
      {"client-ca", 0, 0, G_OPTION_ARG_FILENAME, &options->client_ca,
       N_("Ask clients for a certificate of these, PEM"), N_("FILE")},
      G_OPTION_ENTRY_NULL,
  };

  *status = options_parse(
      "tlspin-server serve", _("--cert FILE --key FILE --keys FILE"),
      _("A small HTTPS server to try pinning with. It answers each request with what\n"
        "happened to pinning in its connection, and prints a line about each. SIGHUP:\n"
        "read the protection keys again. SIGTERM: end.\n\n"
        "Example:\n"
        "  tlspin-server keys new tlspin.keys\n"
        "  tlspin-server serve --cert cert.pem --key key.pem --keys tlspin.keys \\\n"
        "      --listen 127.0.0.1:8443"),
      entries, 0, 0, argc, argv);
  return *status == 0;
}

static bool check_options(const struct options *options)
{
  const char *missing = options->certificate == NULL ? "--cert"
                        : options->key == NULL       ? "--key"
                        : options->keys == NULL      ? "--keys"
                                                     : NULL;

  if (missing != NULL)
    complain(STATUS_USAGE, _("The option %s is missing. Look at 'tlspin-server serve --help'."),
             missing);
  else if (options->lifetime < 1 || options->lifetime > UINT32_MAX)
    complain(STATUS_USAGE, _("--lifetime takes 1 to %lu seconds."), (unsigned long)UINT32_MAX);
  else
    return true;
  return false;
}

static bool load_certificate(struct service *service, const struct options *options)
{
  int rc = gnutls_certificate_set_x509_key_file(service->credentials, options->certificate,
                                                options->key, GNUTLS_X509_FMT_PEM);

  if (rc < 0) {
    g_autofree char *certificate = input_name(options->certificate);
    g_autofree char *key = input_name(options->key);

    complain(STATUS_TROUBLE,
             _("%s and %s can't be used: %s. Name PEM files of a certificate and its private key."),
             certificate, key, gnutls_strerror(rc));
  }
  return rc >= 0;
}

static bool load_client_ca(struct service *service, const char *file)
{
  int rc;

  if (file == NULL)
    return true;
  rc = gnutls_certificate_set_x509_trust_file(service->credentials, file, GNUTLS_X509_FMT_PEM);
  if (rc <= 0) {
    g_autofree char *name = input_name(file);

    complain(STATUS_TROUBLE, _("%s can't be used: %s. Name a PEM file of certificate authorities."),
             name, rc < 0 ? gnutls_strerror(rc) : _("there is no certificate in it"));
  }
  service->asks_certificate = rc > 0;
  return rc > 0;
}

static bool load_priority(struct service *service, const char *priority)
{
  const char *wrong = priority;
  int rc = gnutls_priority_init(&service->priority, priority, &wrong);

  if (rc < 0)
    complain(STATUS_USAGE,
             _("--priority %s: GnuTLS does not understand '%s'. Look at 'gnutls-cli --list'."),
             priority, wrong);
  return rc >= 0;
}

/* What the library says goes through connection_log. */
static bool load_pins(struct service *service, const struct options *options)
{
  if (tlspin_server_new(&service->pins) != TLSPIN_OK)
    return false;
  tlspin_server_set_log(service->pins, connection_log, NULL);
  tlspin_server_set_lifetime(service->pins, (uint32_t)options->lifetime);
  tlspin_server_set_ramp_down(service->pins, options->ramp_down);
  return tlspin_server_load_keys(service->pins, options->keys) == TLSPIN_OK;
}

/* False: after a message; the status is that of the trouble. */
static bool service_open(struct service *service, const struct options *options, int *status)
{
  *service = (struct service){0};
  *status = STATUS_TROUBLE;
  if (gnutls_certificate_allocate_credentials(&service->credentials) < 0 ||
      gnutls_session_ticket_key_generate(&service->ticket_key) < 0) {
    complain(STATUS_TROUBLE, _("GnuTLS does not start. Look whether memory is left."));
    return false;
  }
  if (!load_priority(service, options->priority != NULL ? options->priority : "NORMAL")) {
    *status = STATUS_USAGE;
    return false;
  }
  return load_certificate(service, options) && load_client_ca(service, options->client_ca) &&
         load_pins(service, options);
}

static void service_close(struct service *service)
{
  tlspin_server_free(service->pins);
  if (service->priority != NULL)
    gnutls_priority_deinit(service->priority);
  if (service->credentials != NULL)
    gnutls_certificate_free_credentials(service->credentials);
  if (service->ticket_key.data != NULL)
    gnutls_memset(service->ticket_key.data, 0, service->ticket_key.size);
  gnutls_free(service->ticket_key.data);
}

static bool write_port(const char *file, uint16_t port)
{
  g_autofree char *text = g_strdup_printf("%u\n", port);
  g_autofree char *clean = NULL;
  g_autoptr(GError) error = NULL;

  if (file == NULL || g_file_set_contents(file, text, -1, &error))
    return true;
  clean = output_clean(error->message);
  complain(STATUS_TROUBLE, _("%s. Give another --port-file."), clean);
  return false;
}

/* False: the process has no room for more connections just now. */
static bool take_connection(int listener, struct crew *crew, const struct service *service)
{
  struct connection *connection = g_new0(struct connection, 1);
  int fd = listener_accept(listener, connection->address);
  int error = errno;

  connection->service = service;
  if (fd >= 0 && crew_start(crew, fd, connection))
    return true;
  g_free(connection);
  if (fd >= 0)
    close(fd);
  return fd < 0 && error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM;
}

static void reload(const struct service *service, const char *keys)
{
  g_autofree char *name = input_name(keys);

  reload_asked = 0;
  if (tlspin_server_load_keys(service->pins, keys) == TLSPIN_OK)
    complain(STATUS_FINE, _("%s was read again"), name);
  else
    complain(STATUS_TROUBLE, _("the keys from before stay in use"));
}

static void run(int listener, const struct service *service, const char *keys,
                const sigset_t *waiting)
{
  const struct timespec pause = {0, FULL_PAUSE * 1000000L};
  static struct crew crew; /* the last thread still unlocks it when crew_close has returned */
  bool room = true;

  crew_open(&crew, connection_serve);
  while (!end_asked) {
    struct pollfd incoming = {listener, POLLIN, 0};

    room = room && !crew_is_full(&crew);
    if (ppoll(&incoming, room ? 1 : 0, room ? NULL : &pause, waiting) > 0)
      room = take_connection(listener, &crew, service);
    else
      room = true;
    if (reload_asked)
      reload(service, keys);
  }
  close(listener);
  crew_close(&crew);
}

static int serve(const struct options *options, const struct service *service,
                 const sigset_t *waiting)
{
  const char *where = options->listen != NULL ? options->listen : "127.0.0.1:0";
  char address[ADDRESS_TEXT_SIZE];
  uint16_t port;
  int listener = listener_open(where, address, &port);

  if (listener < 0)
    return -listener;
  if (!write_port(options->port_file, port)) {
    close(listener);
    return STATUS_TROUBLE;
  }
  complain(STATUS_FINE, _("listening on %s"), address);
  run(listener, service, options->keys, waiting);
  if (options->port_file != NULL)
    unlink(options->port_file);
  return 0;
}

static void options_free(struct options *options)
{
  g_free(options->certificate);
  g_free(options->key);
  g_free(options->keys);
  g_free(options->listen);
  g_free(options->port_file);
  g_free(options->priority);
  g_free(options->client_ca);
}

int command_serve(int argc, char **argv)
{
  struct options options = {.lifetime = TLSPIN_SERVER_LIFETIME_DEFAULT};
  struct service service = {0};
  sigset_t waiting;
  int status = 0;

  if (parse_options(&options, &argc, &argv, &status)) {
    status = STATUS_USAGE;
    catch_signals(&waiting);
    if (check_options(&options) && service_open(&service, &options, &status))
      status = serve(&options, &service, &waiting);
    service_close(&service);
  }
  options_free(&options);
  return status;
}
