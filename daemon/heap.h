/* The heap of tlspind, in which nothing stays that was freed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the daemon knows of secrets is in the vault. But libdbus reads messages into memory of its
 * own, which grows, moves and is freed without being wiped, and has no way to be given another. So
 * the program, and no library, has its own free and realloc in front of the C library's, for
 * everything that it links: they wipe first. (mallopt's M_PERTURB would leave small blocks alone,
 * since glibc keeps these in a cache.) The price: of a small block that is freed twice glibc
 * doesn't notice that, since its mark is wiped; tests under valgrind and the sanitizers do.
 * Elsewhere than with glibc, and with a sanitizer, which keeps freed memory apart itself, there are
 * only the C library's: HEAP_WIPES isn't defined then.
 */
#ifndef HEAP_H
#define HEAP_H

#include <stdlib.h> /* which tells, too, whether this is glibc */

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(hwaddress_sanitizer) ||                      \
    __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer)
#define HEAP_IS_WATCHED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_HWADDRESS__) ||                          \
    defined(__SANITIZE_THREAD__)
#define HEAP_IS_WATCHED
#endif

#if defined(__GLIBC__) && !defined(HEAP_IS_WATCHED)
#define HEAP_WIPES
#endif

#endif
