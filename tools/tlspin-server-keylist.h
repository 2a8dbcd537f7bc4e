/* tlspin-server keys list.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TLSPIN_SERVER_KEYLIST_H
#define TLSPIN_SERVER_KEYLIST_H

int command_keys_list(int argc, char **argv);

#endif
