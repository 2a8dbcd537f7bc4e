/* What happened to the user's store, and what can be done: backups, and what was set aside.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * As daemon/policy.h: no SQLite, D-Bus or clock.
 */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "daemon/backups.h"
#include "daemon/damage.h"
#include "daemon/policy.h"

struct doctor {
  const char *path;      /* of the store; of the policy */
  const char *problem;   /* why it can't be read; NULL: it can. Of the policy */
  bool damaged;          /* something happened that the user hasn't seen: */
  struct damage damage;  /* this */
  GPtrArray *asides;     /* names of the files that were set aside, in the folder of the store, */
  uint64_t asides_size;  /* the octets of them all and of what is beside them */
  GPtrArray *backups;    /* struct backup, the newest first */
  char *backups_problem; /* why they can't be listed; or NULL */
};

/* read: the backups, that were read through aside (keeper_list), to which another reference is
 * taken; NULL: no more than names and sizes is looked at. To be cleared by doctor_clear. */
void doctor_look(struct policy *policy, int64_t now, GPtrArray *read, struct doctor *doctor);
void doctor_clear(struct doctor *doctor);

/* The user has seen what happened, and was found at this moment; 0: whatever it is.
 * TLSPIN_E_NOT_FOUND: nothing did. TLSPIN_E_BUSY with a problem: something else did. */
enum tlspin_code doctor_acknowledge(struct policy *policy, int64_t found, int64_t now,
                                    char **problem);

/* Before a backup is made that was asked for: writes what was counted meanwhile. TLSPIN_UNAVAILABLE
 * where the store can't be read. */
enum tlspin_code doctor_prepare(struct policy *policy, int64_t now, char **problem);

/* Puts the backup of this name in the place of the store, of which a backup is made before:
 * *before, to be freed by backup_free; NULL where it can't be read. TLSPIN_E_NOT_FOUND: there is no
 * such backup. TLSPIN_E_BUSY with a problem: others wrote to the store meanwhile. After an error it
 * is as it was. */
enum tlspin_code doctor_restore(struct policy *policy, const char *name, int64_t now,
                                struct backup **before, char **problem);

#endif
