# libclient.la is the library for tests that look inside; libtlspin.la is its exported surface.
noinst_LTLIBRARIES += libclient.la
libclient_la_SOURCES = \
	libclient/address.c libclient/address.h \
	libclient/admin.c libclient/admin.h \
	libclient/argument.c libclient/argument.h \
	libclient/bus.c libclient/bus.h \
	libclient/call.c libclient/call.h \
	libclient/connect.c libclient/connect.h \
	libclient/context.c libclient/context.h \
	libclient/deadline.c libclient/deadline.h \
	libclient/entry.c libclient/entry.h \
	libclient/gnutls.c libclient/pin.h \
	libclient/last.c libclient/last.h \
	libclient/lookup.c libclient/lookup.h \
	libclient/owner.c libclient/owner.h \
	libclient/report.c \
	libclient/selection.c libclient/selection.h \
	libclient/status.c
libclient_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/common
libclient_la_CFLAGS = $(AM_CFLAGS) $(DBUS_CFLAGS) $(GNUTLS_CFLAGS) -pthread
libclient_la_LIBADD = libhandshake.la libbus.la $(DBUS_LIBS) $(GNUTLS_LIBS)

lib_LTLIBRARIES += libtlspin.la
pkginclude_HEADERS += libclient/tlspin.h libclient/tlspin-admin.h libclient/tlspin-gnutls.h
pkgconfig_DATA += libclient/tlspin.pc
libtlspin_la_SOURCES =
libtlspin_la_LIBADD = libclient.la
libtlspin_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 \
	-Wl,--version-script=$(top_srcdir)/libclient/libtlspin.map -Wl,--no-undefined -pthread
libtlspin_la_DEPENDENCIES = libclient.la libclient/libtlspin.map
EXTRA_DIST += libclient/libtlspin.map
