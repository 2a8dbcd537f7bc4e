#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Connects to a server and has tlspin judge its key: check_chain.py HOST PORT [CA-FILE]

Any language that speaks TLS and D-Bus can do this. Needs dbus-python (Debian: python3-dbus).
"""
import socket
import ssl
import sys

import dbus

if len(sys.argv) not in (3, 4) or not sys.argv[2].isdecimal():
    sys.exit("Usage: check_chain.py HOST PORT [CA-FILE]")
host, port = sys.argv[1], int(sys.argv[2])
context = ssl.create_default_context(cafile=sys.argv[3] if len(sys.argv) > 3 else None)
with socket.create_connection((host, port), timeout=10) as raw:
    with context.wrap_socket(raw, server_hostname=host) as tls:  # the PKI has said yes
        # This ssl module doesn't tell the validated path; of the leaf it is known to be in it.
        leaf = dbus.Array(tls.getpeercert(binary_form=True), signature="y")
        pins = dbus.SessionBus().get_object("org.tlspin.Pins1", "/org/tlspin/Pins1")
        options = {"pki": "ok", "learn": True, "program": "check_chain.py"}
        answer, reason, layer, enforced, details = pins.CheckChain(
            host, "tls", dbus.UInt16(port), dbus.Array([leaf], signature="ay"),
            dbus.Dictionary(options, signature="sv"),
            dbus_interface="org.tlspin.Pins1", timeout=1.0)
        print(f"{host}:{port}: {answer} ({reason})")
        if answer == "mismatch" and enforced:
            sys.exit(f"The server is not the one that was pinned. Look at: tlspin why --connect {host}:{port}")
        tls.sendall(b"HEAD / HTTP/1.0\r\n\r\n")  # only now is anything said to the server
