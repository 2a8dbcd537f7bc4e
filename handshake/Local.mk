noinst_LTLIBRARIES += libhandshake.la
libhandshake_la_SOURCES = \
	handshake/hello.c handshake/hello.h \
	handshake/probe.c handshake/probe.h \
	handshake/secret.c handshake/secret.h \
	handshake/session.c handshake/session.h \
	handshake/transcript.c handshake/transcript.h
libhandshake_la_CFLAGS = $(AM_CFLAGS) $(GNUTLS_CFLAGS)
libhandshake_la_LIBADD = libpinning.la $(GNUTLS_LIBS)
