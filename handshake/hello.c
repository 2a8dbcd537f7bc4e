/* What can be read out of a ClientHello: see hello.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "handshake/hello.h"

enum { RANDOM_SIZE = 32, EXTENSION_SERVER_NAME = 0, NAME_TYPE_HOST = 0 };

/* The extension_data of a type (RFC 8446 section 4.2); empty where it isn't there. */
static struct span find_extension(struct reader *extensions, uint16_t wanted)
{
  while (!extensions->failed && extensions->left > 0) {
    uint16_t type = reader_u16(extensions);
    struct span data = reader_vector16(extensions);

    if (type == wanted && !extensions->failed)
      return data;
  }
  return (struct span){NULL, 0};
}

/* ServerNameList: opaque HostName<1..2^16-1> under name_type host_name. */
static bool read_names(struct span extension, struct span *name)
{
  struct reader r = reader_of(extension), list;

  list = reader_of(reader_vector16(&r));
  while (!list.failed && list.left > 0) {
    uint8_t type = reader_u8(&list);

    *name = reader_vector16(&list);
    if (type == NAME_TYPE_HOST && !list.failed && name->size > 0)
      return true;
  }
  return false;
}

/* ClientHello (RFC 8446 section 4.1.2): legacy_version, random, legacy_session_id, cipher_suites,
 * legacy_compression_methods, extensions. */
bool hello_server_name(struct span body, struct span *name)
{
  struct reader hello = reader_of(body), extensions;

  reader_u16(&hello);
  reader_take(&hello, RANDOM_SIZE);
  reader_vector8(&hello);
  reader_vector16(&hello);
  reader_vector8(&hello);
  extensions = reader_of(reader_vector16(&hello));
  return read_names(find_extension(&extensions, EXTENSION_SERVER_NAME), name);
}
