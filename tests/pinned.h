/* Records about the keys of test identities, as a user, a program or an administrator would make
 * them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Everything that can't be done fails the test.
 */
#ifndef PINNED_H
#define PINNED_H

#include "libclient/tlspin-admin.h"
#include "pinning/keypin.h"
#include "tests/stage.h"

/* The SHA-256 of an identity's key or certificate; in a static place that is used again after some
 * calls. */
struct tlspin_octets pinned_digest(const struct pki_identity *identity, enum selector selector);

/* A record of the user's for STAGE_HOST, its port and TLS about the identity's key. */
struct tlspin_record pinned_record(const char *status, const struct pki_identity *identity);

void pinned_put(struct stage *stage, const struct tlspin_record *record);

/* The same as a record of a system layer: critical and locked. */
struct keypin pinned_locked(const struct pki_identity *identity);

/* Writes a system layer; the daemon is started anew for it. */
void pinned_layer(struct stage *stage, const char *name, const struct keypin *pins, size_t count);
void pinned_layer_remove(struct stage *stage, const char *name);

/* The same with a locked setting. */
void pinned_setting(struct stage *stage, const char *layer, const char *name, const char *value);

/* The path of a layer of the administrator's, whose folder is made; in a static place. */
const char *pinned_layer_path(const struct stage *stage, const char *name);

/* Makes these identities the anchors that the system came with. */
void pinned_vendor(struct stage *stage, const struct pki_identity *anchor);
void pinned_vendor_remove(struct stage *stage);

/* How many records there are of this origin (NULL: any) and status (NULL: any). */
unsigned pinned_count(struct stage *stage, const char *origin, const char *status);

/* How many events of this kind (NULL: any) and reason (NULL: any) were logged; those that are
 * counted up count as often. */
unsigned pinned_events(struct stage *stage, const char *kind, const char *reason);

/* A server that knows nothing of tickets. */
struct stand_request pinned_server(struct stage *stage, enum pki_algorithm algorithm);

/* A server's identity and credentials for one test; name: STAGE_HOST where there is none. issuer:
 * the stage's authority where it is NULL. Both are to be freed by pinned_drop_server. */
gnutls_certificate_credentials_t pinned_make_server(struct stage *stage,
                                                    const struct pki_identity *issuer,
                                                    const struct pki_request *request,
                                                    struct pki_identity *identity);
void pinned_drop_server(gnutls_certificate_credentials_t credentials,
                        struct pki_identity *identity);

/* Goes there and fails the test unless all is well. */
void pinned_go_well(struct stage *stage, const struct stand_request *server, int answer,
                    const char *change);

/* Goes there and fails the test unless it is refused for that reason before any data, and logged;
 * pinned_refuse: with a usual client and no ticket. */
void pinned_refused(struct stage *stage, const struct visit_request *client,
                    const struct stand_request *server, const char *reason, struct meeting *met);
void pinned_refuse(struct stage *stage, const struct stand_request *server, const char *reason);

#endif
