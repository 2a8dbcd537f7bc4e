/* Ports of services by their name, as programs write them where GnuTLS asks for a service.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FORMATS_SERVICE_H
#define FORMATS_SERVICE_H

#include "common/bytes.h"

/* The port of "443", "https"..., and 0 of "*". False where nobody knows it. */
bool service_port(struct span service, uint16_t *port);

#endif
