/* The running test program, once more.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Some things a library does once a process, or when it is loaded, by the environment; to see them
 * under other circumstances takes another process. */
#ifndef AGAIN_H
#define AGAIN_H

/* Runs the program with one argument and the environment as it is now, and waits for it. Its exit
 * status, or -1 where there is none. */
int again(const char *argument);

#endif
