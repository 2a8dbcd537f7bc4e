/* What the commands of tlspin-server share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TLSPIN_SERVER_TOOL_H
#define TLSPIN_SERVER_TOOL_H

#include "tools/command.h"
#include "tools/output.h"

/* Exit statuses: STATUS_FINE, STATUS_USAGE where the command line is wrong, and: */
enum { STATUS_TROUBLE = STATUS_CONNECTION /* a file or TLS is in the way */ };

int command_keys(int argc, char **argv);
int command_serve(int argc, char **argv);

#endif
