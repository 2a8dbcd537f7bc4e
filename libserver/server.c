/* Settings and keys of a server: see tlspin-server.h and server.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libserver/server.h"

#include "common/text.h"
#include "handshake/probe.h"
#include "libserver/keyfile.h"
#include "libserver/keytext.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <time.h>

struct tlspin_server {
  pthread_mutex_t lock; /* of all below */
  unsigned holders;     /* the program, and each session */
  struct keyring *ring; /* NULL before keys were loaded */
  uint32_t lifetime;
  bool ramp_down;
  bool lifetime_warned;
  tlspin_server_log_func log;
  void *log_user;
  int64_t (*clock)(void);
};

static int64_t system_clock(void)
{
  return time(NULL);
}

enum tlspin_code tlspin_server_new(tlspin_server_t **server)
{
  tlspin_server_t *new;

  if (server == NULL)
    return TLSPIN_E_ARGUMENT;
  new = calloc(1, sizeof *new);
  if (new == NULL || pthread_mutex_init(&new->lock, NULL) != 0) {
    free(new);
    return TLSPIN_E_MEMORY;
  }
  new->holders = 1;
  new->lifetime = TLSPIN_SERVER_LIFETIME_DEFAULT;
  new->clock = system_clock;
  *server = new;
  return TLSPIN_OK;
}

tlspin_server_t *server_hold(tlspin_server_t *server)
{
  pthread_mutex_lock(&server->lock);
  server->holders++;
  pthread_mutex_unlock(&server->lock);
  return server;
}

void server_release(tlspin_server_t *server)
{
  bool last;

  pthread_mutex_lock(&server->lock);
  last = --server->holders == 0;
  pthread_mutex_unlock(&server->lock);
  if (!last)
    return;
  keyring_release(server->ring);
  pthread_mutex_destroy(&server->lock);
  free(server);
}

void tlspin_server_free(tlspin_server_t *server)
{
  if (server != NULL)
    server_release(server);
}

struct server_view server_look(tlspin_server_t *server)
{
  struct server_view view;
  int64_t (*clock)(void);

  pthread_mutex_lock(&server->lock);
  view.ring = server->ring != NULL ? keyring_hold(server->ring) : NULL;
  view.lifetime = server->lifetime;
  view.ramp_down = server->ramp_down;
  clock = server->clock;
  pthread_mutex_unlock(&server->lock);
  view.ramp_down = view.ramp_down || (view.ring != NULL && keyring_keys(view.ring)->ramp_down);
  view.now = clock();
  return view;
}

/* The log function is called without the lock, so that it may call the library. */
void server_log(tlspin_server_t *server, gnutls_session_t session, int priority, const char *format,
                ...)
{
  char message[TROUBLE_SIZE];
  tlspin_server_log_func log;
  va_list arguments;
  void *user;

  pthread_mutex_lock(&server->lock);
  log = server->log;
  user = server->log_user;
  pthread_mutex_unlock(&server->lock);
  if (log == NULL)
    return;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  log(user, session, priority, message);
}

enum tlspin_code tlspin_server_set_log(tlspin_server_t *server, tlspin_server_log_func log,
                                       void *user)
{
  if (server == NULL)
    return TLSPIN_E_ARGUMENT;
  pthread_mutex_lock(&server->lock);
  server->log = log;
  server->log_user = user;
  pthread_mutex_unlock(&server->lock);
  return TLSPIN_OK;
}

void server_warn_lifetime(tlspin_server_t *server)
{
  uint32_t lifetime;
  bool due;

  pthread_mutex_lock(&server->lock);
  lifetime = server->lifetime;
  due = server->log != NULL && !server->lifetime_warned &&
        (lifetime < TLSPIN_SERVER_LIFETIME_LEAST || lifetime > TLSPIN_SERVER_LIFETIME_MOST);
  server->lifetime_warned = server->lifetime_warned || due;
  pthread_mutex_unlock(&server->lock);
  if (due)
    server_log(server, NULL, LOG_WARNING,
               _("Pinning tickets live %lu seconds. RFC 8672 recommends 7 to 31 days: shorter ones "
                 "protect little, "
                 "longer ones lock clients out for long."),
               (unsigned long)lifetime);
}

enum tlspin_code tlspin_server_set_lifetime(tlspin_server_t *server, uint32_t seconds)
{
  if (server == NULL || seconds == 0)
    return TLSPIN_E_ARGUMENT;
  pthread_mutex_lock(&server->lock);
  server->lifetime_warned = server->lifetime_warned && server->lifetime == seconds;
  server->lifetime = seconds;
  pthread_mutex_unlock(&server->lock);
  server_warn_lifetime(server);
  return TLSPIN_OK;
}

enum tlspin_code tlspin_server_set_ramp_down(tlspin_server_t *server, int on)
{
  if (server == NULL)
    return TLSPIN_E_ARGUMENT;
  pthread_mutex_lock(&server->lock);
  server->ramp_down = on != 0;
  pthread_mutex_unlock(&server->lock);
  return TLSPIN_OK;
}

void server_set_clock(tlspin_server_t *server, int64_t (*clock)(void))
{
  pthread_mutex_lock(&server->lock);
  server->clock = clock;
  pthread_mutex_unlock(&server->lock);
}

/* What is no error, but likely a mistake. older: what stood before, or NULL. */
static void warn_of_keys(tlspin_server_t *server, const struct keys *older,
                         const struct keys *newer, int64_t now)
{
  size_t lost = older != NULL ? keys_count_lost(older, newer, now) : 0;

  if (lost > 0)
    server_log(server, NULL, LOG_WARNING,
               text_translate_count("%zu key is gone under which tickets may still live: their "
                                    "clients will be refused. Restore it "
                                    "from a copy of the key file.",
                                    "%zu keys are gone under which tickets may still live: their "
                                    "clients will be refused. Restore "
                                    "them from a copy of the key file.",
                                    lost),
               lost);
  if (!keys_any_active(newer, now))
    server_log(server, NULL, LOG_WARNING,
               _("No protection key is active yet; the oldest one is used. Look whether the clock "
                 "is right."));
  if (!handshake_supported())
    server_log(server, NULL, LOG_ERR,
               _("This version of GnuTLS does not let proofs be made: clients that were pinned "
                 "will be refused. Use "
                 "the GnuTLS from before, or update tlspin."));
}

static enum tlspin_code take_keys(tlspin_server_t *server, struct keys *keys)
{
  struct keyring *older, *newer = keyring_new(keys);
  struct server_view view;

  if (newer == NULL) {
    keys_free(keys);
    return TLSPIN_E_MEMORY;
  }
  pthread_mutex_lock(&server->lock);
  older = server->ring;
  server->ring = newer;
  pthread_mutex_unlock(&server->lock);
  view = server_look(server);
  warn_of_keys(server, older != NULL ? keyring_keys(older) : NULL, keyring_keys(view.ring),
               view.now);
  keyring_release(view.ring);
  keyring_release(older);
  return TLSPIN_OK;
}

static enum tlspin_code load(tlspin_server_t *server, struct span text, const char *source)
{
  struct trouble trouble;
  struct keys keys;

  if (keytext_parse(text, source, &keys, &trouble))
    return take_keys(server, &keys);
  server_log(server, NULL, LOG_ERR, "%s", trouble.text);
  return TLSPIN_E_KEYS;
}

enum tlspin_code tlspin_server_load_keys(tlspin_server_t *server, const char *file)
{
  struct keyfile_text text;
  struct trouble trouble;
  enum tlspin_code code;

  if (server == NULL || file == NULL)
    return TLSPIN_E_ARGUMENT;
  if (!keyfile_read(file, &text, &trouble)) {
    server_log(server, NULL, LOG_ERR, "%s", trouble.text);
    return TLSPIN_E_KEYS;
  }
  code = load(server, keyfile_text_span(&text), file);
  keyfile_text_free(&text);
  return code;
}

enum tlspin_code tlspin_server_load_keys_from_memory(tlspin_server_t *server, const void *text,
                                                     size_t size)
{
  if (server == NULL || text == NULL)
    return TLSPIN_E_ARGUMENT;
  return load(server, (struct span){text, size}, _("keys in memory"));
}
