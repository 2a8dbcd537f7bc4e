/* The backups of the pin store, as the commands show them and take them in and out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef COPIES_H
#define COPIES_H

#include "libclient/tlspin-admin.h"
#include "tools/json.h"

/* Asks for the report, with progress; an exit status. *doctor: to be freed by tlspin_doctor_free.
 */
int copies_ask(tlspin_t *context, bool verify, tlspin_doctor_t **doctor);

/* The backups as a table, and as an array. */
void copies_print(const tlspin_doctor_t *doctor);
void copies_put(JsonBuilder *builder, const tlspin_doctor_t *doctor);

/* Whether one may be brought back: one that isn't known to be damaged. */
bool copies_any(const tlspin_doctor_t *doctor);

/* The one or the other, on standard output. False: there are none, so that there is no table. */
bool copies_show(const tlspin_doctor_t *doctor);

/* One backup as an object; an empty one, which has no name, is null. */
void copies_put_one(JsonBuilder *builder, const tlspin_entry_t *backup);

/* Copies a backup to a file that isn't there, which only the user can read; an exit status. */
int copies_take_out(const tlspin_entry_t *backup, const char *file);

/* Copies a file in among the backups, named by the time when it was changed last; *name: to be
 * freed by g_free. An exit status. */
int copies_take_in(const tlspin_doctor_t *doctor, const char *file, char **name);

/* Takes it away again. */
void copies_remove(const tlspin_doctor_t *doctor, const char *name);

#endif
