# libclient.la is the library for tests that look inside; libtlspin.la is its exported surface.
noinst_LTLIBRARIES += libclient.la
libclient_la_SOURCES = \
	libclient/address.c libclient/address.h \
	libclient/admin.c libclient/admin.h \
	libclient/argument.c libclient/argument.h \
	libclient/bus.c libclient/bus.h \
	libclient/call.c libclient/call.h \
	libclient/check.c libclient/check.h \
	libclient/connect.c libclient/connect.h \
	libclient/context.c libclient/context.h \
	libclient/deadline.c libclient/deadline.h \
	libclient/decision.c libclient/decision.h \
	libclient/describe.c libclient/describe.h \
	libclient/entry.c libclient/entry.h \
	libclient/entry-access.c \
	libclient/events.c \
	libclient/examine.c \
	libclient/explain.c \
	libclient/finish.c \
	libclient/gnutls.c libclient/pin.h \
	libclient/keyset.c libclient/keyset.h \
	libclient/last.c libclient/last.h \
	libclient/listen.c \
	libclient/lookup.c libclient/lookup.h \
	libclient/opinion.c libclient/opinion.h \
	libclient/owner.c libclient/owner.h \
	libclient/path.c libclient/path.h \
	libclient/put.c \
	libclient/put-chain.c libclient/put-chain.h \
	libclient/readkey.c \
	libclient/report.c \
	libclient/selection.c libclient/selection.h \
	libclient/shown.c libclient/shown.h \
	libclient/doctor.c \
	libclient/status.c \
	libclient/tdb.c \
	libclient/verdict.c \
	libclient/verify.c libclient/verify.h
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
