/* What the writer and the reader of a dump have to agree on.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FORMATS_DUMP_PRIVATE_H
#define FORMATS_DUMP_PRIVATE_H

#define DUMP_NAME   "tlspin-dump"
#define DUMP_COUNT  "records"
#define DUMP_DIGEST "sha256"

enum { DUMP_VERSION = 1 };

#endif
