noinst_LTLIBRARIES += libcommon.la
pkginclude_HEADERS += common/tlspin-error.h
libcommon_la_SOURCES = \
	common/bytes.c common/bytes.h \
	common/certificate.c common/certificate.h \
	common/copy.c common/copy.h \
	common/der.c common/der.h \
	common/error.c common/tlspin-error.h \
	common/host.c common/host.h \
	common/seclusion.c common/seclusion.h \
	common/spelling.c common/spelling.h \
	common/spki.c common/spki.h common/spki-text.c \
	common/text.c common/text.h \
	common/utf8.c common/utf8.h \
	common/vault.c common/vault.h
libcommon_la_CFLAGS = $(AM_CFLAGS) $(IDN2_CFLAGS) $(GNUTLS_CFLAGS)
libcommon_la_LIBADD = $(IDN2_LIBS) $(GNUTLS_LIBS)
