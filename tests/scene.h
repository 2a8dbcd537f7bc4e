/* Two GnuTLS sessions with a role attached to each that does as it is told and records what it
 * sees.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   struct scene scene = {.client = {.body = ticket}};
 *   scene_open(&scene, &(struct wire_request){0});
 *   wire_shake(&scene.wire);
 *   assert_true(span_equal(actor_received(&scene.server), ticket));
 *   scene_close(&scene);
 */
#ifndef SCENE_H
#define SCENE_H

#include "handshake/session.h"
#include "tests/pki.h"
#include "tests/wire.h"

enum { ACTOR_MESSAGES = 32 };

struct actor {
  /* What it does; all zero: sends `body`, or nothing where there is none, and takes everything. */
  struct span body;
  bool send_empty;          /* the extension, with a body of zero octets */
  bool overflow;            /* write more than an extension can hold */
  enum handshake_step send; /* HANDSHAKE_GO_ON: as said above */
  enum handshake_step receive;
  bool refuse; /* at the first message of this type and direction */
  unsigned refuse_type;
  bool refuse_incoming;
  bool detached; /* no role is attached to this end */

  /* What it saw. */
  int sends, receives, destroyed;
  uint8_t *received;
  size_t received_size;
  unsigned types[ACTOR_MESSAGES];
  bool incoming[ACTOR_MESSAGES];
  size_t messages;
  bool secrets_at_send, secrets_at_receive;
  bool refused;       /* by one of its functions */
  bool after_refusal; /* a function was called although this end had refused */
};

struct scene {
  struct wire wire;
  struct actor client, server;
  struct pki_identity identity;
  gnutls_certificate_credentials_t credentials;
};

extern const struct handshake_role actor_role;

/* Opens the sessions, the server with a certificate of its own unless the request names one, and
 * attaches the roles. The address of *scene must not change afterwards. */
void scene_open(struct scene *scene, const struct wire_request *request);

/* What this end's `receive` was given the last time. */
struct span actor_received(const struct actor *actor);

/* True where it saw such a message. */
bool actor_saw(const struct actor *actor, unsigned type, bool incoming);

/* The secrets of an end, after the handshake. */
bool scene_secrets(const struct wire_end *end, struct handshake_secrets *secrets);

/* True where both ends have secrets and they are the same. */
bool scene_agrees(const struct scene *scene);

/* Ends the sessions; both roles must have been destroyed once afterwards. */
void scene_close(struct scene *scene);

#endif
