/* Two GnuTLS sessions with recording roles: see scene.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct actor *actor_of(struct handshake *h)
{
  return handshake_user(h);
}

static bool has_secrets(struct handshake *h)
{
  struct handshake_secrets secrets;

  return handshake_secrets(h, &secrets);
}

static enum handshake_step step(struct actor *actor, bool refuses, enum handshake_step otherwise)
{
  actor->refused = actor->refused || refuses;
  return refuses ? HANDSHAKE_REFUSE : otherwise;
}

/* session.h promises that nothing is called after a refusal. */
static void note_call(struct actor *actor)
{
  actor->after_refusal = actor->after_refusal || actor->refused;
}

static enum handshake_step on_send(struct handshake *h, struct writer *body)
{
  static const uint8_t zeros[70000];
  struct actor *actor = actor_of(h);

  note_call(actor);
  actor->sends++;
  actor->secrets_at_send = has_secrets(h);
  if (actor->overflow)
    writer_put(body, (struct span){zeros, sizeof zeros});
  writer_put(body, actor->body);
  if (actor->send != HANDSHAKE_GO_ON)
    return step(actor, actor->send == HANDSHAKE_REFUSE, HANDSHAKE_OMIT);
  return actor->body.size > 0 || actor->send_empty || actor->overflow ? HANDSHAKE_GO_ON
                                                                      : HANDSHAKE_OMIT;
}

static enum handshake_step on_receive(struct handshake *h, struct span body)
{
  struct actor *actor = actor_of(h);

  note_call(actor);
  actor->receives++;
  actor->secrets_at_receive = has_secrets(h);
  free(actor->received);
  actor->received = malloc(body.size + 1);
  assert_non_null(actor->received);
  if (body.size > 0)
    memcpy(actor->received, body.data, body.size);
  actor->received_size = body.size;
  return step(actor, actor->receive == HANDSHAKE_REFUSE, HANDSHAKE_GO_ON);
}

static enum handshake_step on_message(struct handshake *h, unsigned type, bool incoming,
                                      struct span body)
{
  struct actor *actor = actor_of(h);

  (void)body;
  note_call(actor);
  assert_true(actor->messages < ACTOR_MESSAGES);
  actor->types[actor->messages] = type;
  actor->incoming[actor->messages++] = incoming;
  return step(actor,
              actor->refuse && type == actor->refuse_type && incoming == actor->refuse_incoming,
              HANDSHAKE_GO_ON);
}

static void on_destroy(void *user)
{
  struct actor *actor = user;

  actor->destroyed++;
}

const struct handshake_role actor_role = {on_send, on_receive, on_message, on_destroy};

static void attach(gnutls_session_t session, struct actor *actor)
{
  if (actor->detached)
    actor->destroyed = 1;
  else
    assert_true(handshake_attach(session, &actor_role, actor));
}

void scene_open(struct scene *scene, const struct wire_request *request)
{
  const struct pki_identity *chain[] = {&scene->identity};
  struct wire_request mine = *request;

  if (mine.server_credentials == NULL) {
    pki_make(&scene->identity, NULL,
             &(struct pki_request){.purpose = PKI_SERVER, .name = "www.example.org"});
    scene->credentials = pki_credentials(chain, 1);
    mine.server_credentials = scene->credentials;
  }
  wire_open(&scene->wire, &mine);
  attach(scene->wire.client.session, &scene->client);
  attach(scene->wire.server.session, &scene->server);
}

struct span actor_received(const struct actor *actor)
{
  return (struct span){actor->received, actor->received_size};
}

bool actor_saw(const struct actor *actor, unsigned type, bool incoming)
{
  for (size_t i = 0; i < actor->messages; i++)
    if (actor->types[i] == type && actor->incoming[i] == incoming)
      return true;
  return false;
}

bool scene_secrets(const struct wire_end *end, struct handshake_secrets *secrets)
{
  return handshake_secrets(handshake_of(end->session, &actor_role), secrets);
}

bool scene_agrees(const struct scene *scene)
{
  struct handshake_secrets client, server;

  return scene_secrets(&scene->wire.client, &client) &&
         scene_secrets(&scene->wire.server, &server) && client.hash == server.hash &&
         span_equal(ticket_secret_span(&client.pinning), ticket_secret_span(&server.pinning)) &&
         span_equal(ticket_secret_span(&client.proof), ticket_secret_span(&server.proof)) &&
         client.pinning.size == ticket_hash_size(client.hash);
}

void scene_close(struct scene *scene)
{
  wire_close(&scene->wire);
  assert_int_equal(scene->client.destroyed, 1);
  assert_int_equal(scene->server.destroyed, 1);
  assert_false(scene->client.after_refusal);
  assert_false(scene->server.after_refusal);
  if (scene->credentials != NULL)
    gnutls_certificate_free_credentials(scene->credentials);
  pki_free(&scene->identity);
  free(scene->client.received);
  free(scene->server.received);
}
