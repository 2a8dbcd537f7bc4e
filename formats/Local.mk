# What other programs keep: readers of their files, and writers.
noinst_LTLIBRARIES += libformats.la
libformats_la_SOURCES = \
	formats/chromium.c formats/chromium.h \
	formats/dump-private.h formats/dump-read.c formats/dump-write.c formats/dump.h \
	formats/emacs.c formats/emacs.h \
	formats/filezilla.c formats/filezilla.h \
	formats/firefox.c formats/firefox.h \
	formats/json-text.c formats/json-text.h \
	formats/kde.c formats/kde.h \
	formats/key.c formats/key.h \
	formats/known-hosts.c formats/known-hosts.h \
	formats/lines.c formats/lines.h \
	formats/lisp.c formats/lisp.h \
	formats/options-private.h formats/options-target.c formats/options.c formats/options.h \
	formats/pem.c formats/pem.h \
	formats/policy-text-accord.c formats/policy-text-accord.h \
	formats/policy-text-group.c formats/policy-text-group.h \
	formats/policy-text-leave.c \
	formats/policy-text-pins.c \
	formats/policy-text-places.c formats/policy-text-places.h \
	formats/policy-text-private.h formats/policy-text-write.c \
	formats/policy-text.c formats/policy-text.h \
	formats/quote.c formats/quote.h \
	formats/reader.c formats/reader.h \
	formats/service.c formats/service.h
libformats_la_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(JSON_CFLAGS) $(GNUTLS_CFLAGS)
libformats_la_LIBADD = libpinning.la $(JSON_LIBS) $(GLIB_LIBS) $(GNUTLS_LIBS)
