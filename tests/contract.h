/* Introspection data as lines that can be compared.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CONTRACT_H
#define CONTRACT_H

/* A line for each interface, method, signal, argument (direction, name and type) and child node, in
 * their order. Anything else in the data fails the test. To be freed by g_free. */
char *contract_summary(const char *xml);

#endif
