/* A process that nobody looks into.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SECLUSION_H
#define SECLUSION_H

/* To be called first thing in a program of ours that holds secrets; never in a library. No core
 * file is written from now on, no process of the same user can read the memory or trace the process
 * (PR_SET_DUMPABLE), and the vault is the program's own. */
void seclude_process(void);

#endif
