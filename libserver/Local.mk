noinst_LTLIBRARIES += libserver.la
libserver_la_SOURCES = \
	libserver/attachment.c \
	libserver/keyfile.c libserver/keyfile.h \
	libserver/keyring.c libserver/keyring.h \
	libserver/keys.c libserver/keys.h \
	libserver/keytext.c libserver/keytext.h \
	libserver/seal.c libserver/seal.h \
	libserver/server.c libserver/server.h \
	libserver/timestamp.c libserver/timestamp.h \
	libserver/trouble.c libserver/trouble.h
# tlspin-server.h includes tlspin-error.h from beside itself, where both are installed.
SERVER_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/common
libserver_la_CPPFLAGS = $(SERVER_CPPFLAGS)
libserver_la_CFLAGS = $(AM_CFLAGS) $(GNUTLS_CFLAGS) -pthread
libserver_la_LIBADD = libhandshake.la $(GNUTLS_LIBS)

lib_LTLIBRARIES += libtlspin-server.la
pkginclude_HEADERS += libserver/tlspin-server.h
pkgconfig_DATA += libserver/tlspin-server.pc
EXTRA_DIST += libserver/libtlspin-server.map
libtlspin_server_la_SOURCES =
libtlspin_server_la_LIBADD = libserver.la
libtlspin_server_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 -Wl,--no-undefined \
	-Wl,--version-script=$(top_srcdir)/libserver/libtlspin-server.map
libtlspin_server_la_DEPENDENCIES = libserver.la libserver/libtlspin-server.map
