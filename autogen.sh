#!/bin/sh
# Makes ./configure from configure.ac.  SPDX-License-Identifier: LGPL-2.1-or-later
set -e
cd "$(dirname "$0")"
autoreconf --force --install --verbose "$@"
