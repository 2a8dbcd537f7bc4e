/* Records as dictionaries: see record.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "dbus/record.h"

#define FIELD(key, type, member) BUS_FIELD(bus_record, key, type, member)
#define SEEN(key, type, member)  BUS_FIELD(bus_seen, key, type, member)

static const struct bus_field members[] = {
    FIELD("host", DBUS_TYPE_STRING, host),
    FIELD("scope", DBUS_TYPE_STRING, scope),
    FIELD("protocol", DBUS_TYPE_STRING, protocol),
    FIELD("port", DBUS_TYPE_UINT16, port),
    FIELD("kind", DBUS_TYPE_STRING, kind),
    FIELD("status", DBUS_TYPE_STRING, status),
    FIELD("origin", DBUS_TYPE_STRING, origin),
    FIELD("level", DBUS_TYPE_STRING, level),
    FIELD("selector", DBUS_TYPE_BYTE, selector),
    FIELD("matching", DBUS_TYPE_BYTE, matching),
    FIELD("digest", BUS_OCTETS, digest),
    FIELD("expires", DBUS_TYPE_UINT64, expires),
    FIELD("enforced-until", DBUS_TYPE_UINT64, enforced_until),
    FIELD("always", DBUS_TYPE_BOOLEAN, always),
    FIELD("errors", DBUS_TYPE_UINT32, errors),
    FIELD("note", DBUS_TYPE_STRING, note),
    FIELD("first-seen", DBUS_TYPE_UINT64, first_seen),
    FIELD("last-seen", DBUS_TYPE_UINT64, last_seen),
    FIELD("count-seen", DBUS_TYPE_UINT64, count_seen),
    FIELD("backed", DBUS_TYPE_BOOLEAN, backed),
    FIELD("chain", BUS_DICTS, chain),
};

const struct bus_fields bus_record_fields = BUS_FIELDS(members);

static const struct bus_field seen_members[] = {
    SEEN("subject", DBUS_TYPE_STRING, subject),
    SEEN("not-before", DBUS_TYPE_UINT64, not_before),
    SEEN("not-after", DBUS_TYPE_UINT64, not_after),
    SEEN("certificate", BUS_OCTETS, certificate),
    SEEN("key", DBUS_TYPE_STRING, key),
};

const struct bus_fields bus_seen_fields = BUS_FIELDS(seen_members);
