noinst_LTLIBRARIES += libpinning.la
libpinning_la_SOURCES = \
	pinning/proof.c pinning/proof.h \
	pinning/refusal.c pinning/refusal.h \
	pinning/ticket.c pinning/ticket.h
libpinning_la_CFLAGS = $(AM_CFLAGS) $(GNUTLS_CFLAGS)
libpinning_la_LIBADD = libcommon.la $(GNUTLS_LIBS)
