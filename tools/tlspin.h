/* What the commands of tlspin share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TLSPIN_TOOL_H
#define TLSPIN_TOOL_H

#include "libclient/tlspin-admin.h"
#include "tools/command.h"
#include "tools/output.h"

/* The options that every command has. */
struct shared_options {
  gboolean json;
  char *bus; /* NULL: the user's session bus */
};

extern struct shared_options shared_options;

/* Reads the options of a command, `entries` (NULL: none) and the shared ones; see options_parse. */
int read_options(const char *command, const char *arguments, const char *description,
                 const GOptionEntry *entries, int least, int most, int *argc, char ***argv);

/* A way to the store; ends the program where there is no memory. To be freed by tlspin_free. */
tlspin_t *store_context(void);

/* The time that entries are stored with: that of the clock, or what is believed instead of it. */
int64_t store_time(void);

/* Says what the library's last call complained about, and returns the status of its code. */
int complain_of(int code);

/* The exit status of a code of tlspin-error.h. */
int status_of(int code);

/* Says on standard error which layers can't be read, and why. Returns the status: STATUS_FINE where
 * all can. */
int complain_of_layers(tlspin_t *context);

int run_connect(int argc, char **argv);
int run_list(int argc, char **argv);
int run_show(int argc, char **argv);
int run_clear(int argc, char **argv);
int run_undo(int argc, char **argv);
int run_status(int argc, char **argv);
int run_doctor(int argc, char **argv);
int run_backup(int argc, char **argv);
int run_restore(int argc, char **argv);
int run_pin(int argc, char **argv);
int run_block(int argc, char **argv);
int run_except(int argc, char **argv);
int run_off(int argc, char **argv);
int run_on(int argc, char **argv);
int run_why(int argc, char **argv);
int run_check(int argc, char **argv);
int run_monitor(int argc, char **argv);
int run_log(int argc, char **argv);
int run_import(int argc, char **argv);
int run_export(int argc, char **argv);
int run_policy(int argc, char **argv);

#endif
