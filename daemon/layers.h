/* The ordered stores: which one decides about a peer, and which one is writable.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One writable user layer, and read-only system layers: the files *.db of a vendor's and of an
 * administrator's folder, by file name; one of the administrator's hides its namesake, and a
 * symbolic link to /dev/null there takes it away (store_is_mask). One thread.
 */
#ifndef LAYERS_H
#define LAYERS_H

#include "daemon/layer.h"

#include <glib.h>

#define LAYER_USER "user"

struct layers_config {
  const char *user_path;  /* the user's store */
  const char *admin_dir;  /* system layers of the administrator */
  const char *vendor_dir; /* and of the vendor */
  uid_t user;             /* who must own the user's store */
  uid_t system;           /* who must own system layers: root */
  int64_t (*ticks)(void); /* microseconds that pass however the clock is set; NULL: none */
};

struct layers;

/* Opens what there is. What can't be opened is a layer with a problem. */
struct layers *layers_new(const struct layers_config *config, int64_t now);
void layers_free(struct layers *layers);

/* Reads the folders of the system layers anew, and the files in them that were changed or had a
 * problem; of the others only who may write to them. True where anything is another than before. */
bool layers_reload_system(struct layers *layers);

/* The same, and `done` is called where anything is another than before: at once, unless there is
 * much to read. Then the layers go on answering as they were: files are read in a thread, and the
 * default main context takes them over, all at once. A layer whose file was replaced or deleted is
 * served from the old one until then; one whose file was changed in place can't be read, and it is
 * not known what it says. What is changed meanwhile is read next. */
void layers_renew(struct layers *layers, void (*done)(void *data), void *data);

/* From now on that is begun from the default main context, too, when an answer finds the file of a
 * large layer changed in place. */
void layers_attend(struct layers *layers, void (*done)(void *data), void *data);

/* Another number whenever they were read anew; never 0. */
unsigned layers_version(const struct layers *layers);

/* What the layers say about a peer. */
struct layers_answer {
  enum tlspin_code code; /* TLSPIN_MATCH, NO_PIN, STORE_DAMAGED, UNAVAILABLE, CLOCK_SUSPECT or
                            OPTED_OUT */
  const char *reason;    /* a token of org.tlspin.Pins1.Lookup; static */
  const struct layer
      *layer;            /* the one that decided, or NULL; valid until the layers are reloaded */
  struct ticket_row row; /* with TLSPIN_MATCH: owned by the answer */
};

void layers_get(struct layers *layers, const struct peer *peer, int64_t now,
                struct layers_answer *answer);
void layers_answer_clear(struct layers_answer *answer);

/* Told of each record that covers a peer; layer: its index. pin NULL: what was told of the layer is
 * void, since it could not be read to its end. False: it can't be taken, and the layer counts as
 * one that can't be read. */
typedef bool (*layers_visit)(const struct keypin *pin, unsigned layer, void *data);

/* layers_get, and all the records: one snapshot of each layer. Returns a layer that could not be
 * read, the user's before others, or NULL. */
const struct layer *layers_gather(struct layers *layers, const struct peer *peer, int64_t now,
                                  struct layers_answer *answer, layers_visit visit, void *data);

/* layers_get while a walk over one of the layers is under way: no layer is opened again. */
void layers_judge(struct layers *layers, const struct peer *peer, int64_t now,
                  struct layers_answer *answer);

/* The user's layer, opened again if its file was moved or, once a second of `now` at the most, if
 * it could not be opened or read before; its store may be NULL. An attempt that took more than
 * 100 milliseconds is made again only after fifty times as long, or five minutes, unless the file
 * has changed since; but the first one, which waits for other programs, is made again at once. */
const struct layer *layers_user(struct layers *layers, int64_t now);

/* Lets the next layers_user try that however long the last attempt took: somebody has seen to it.
 */
void layers_urge_user(struct layers *layers);

/* To be called now and then while nobody asks for anything: reads the user's store anew where it
 * was changed, lets go of one that was replaced or is damaged, and opens it again as layers_user.
 * What one daemon has open no other can recover. Nothing but the file's times is looked at as a
 * rule. */
void layers_watch_user(struct layers *layers, int64_t now);

/* Says what the computer's clock says. suspect: it isn't trusted, and `now` is another time. */
void layers_tell_clock(struct layers *layers, int64_t says, bool suspect);

/* What it says where it isn't trusted; NULL: it is. Valid until it is told again. */
const int64_t *layers_clock(const struct layers *layers);

/* Whether the clock isn't trusted, and by what it says a ticket with this end would be in force and
 * at `now` isn't, or the other way round. */
bool layers_doubt_end(const struct layers *layers, int64_t end, int64_t now);

/* Closes the user's layer, so that its file can be replaced: the next layers_user opens it. */
void layers_release_user(struct layers *layers);

/* Who must own it. */
uid_t layers_owner(const struct layers *layers);

/* Whether pins were lost from the user's layer, as it is open now. */
bool layers_lost(const struct layers *layers);

/* Whether an operation of the user's layer waits for its file to be written again: what
 * layer_write_problem says then. */
void layers_wait(struct layers *layers, bool waits);

/* Says that a layer can't be read: see layers_user and layers_attend. */
void layers_failed(struct layers *layers, const struct layer *layer);

/* All layers, the user's first, then in order of precedence. */
size_t layers_count(const struct layers *layers);
const struct layer *layers_at(const struct layers *layers, size_t index);

#endif
