noinst_LTLIBRARIES += libpinning.la
libpinning_la_SOURCES = \
	pinning/base64.c pinning/base64.h \
	pinning/chain.c pinning/chain.h pinning/chain-seen.c \
	pinning/change.c pinning/change.h \
	pinning/digest.c pinning/digest.h \
	pinning/directives.c pinning/directives.h \
	pinning/effect.c pinning/effect.h \
	pinning/hpkp.c pinning/hpkp.h \
	pinning/judgement.c pinning/judgement.h pinning/judgement-pins.c \
	pinning/keypin.c pinning/keypin.h \
	pinning/keypin-read.c pinning/keypin-text.c pinning/keypin-token.c \
	pinning/place.c pinning/place.h \
	pinning/proof.c pinning/proof.h \
	pinning/ranks.c pinning/ranks.h \
	pinning/refusal.c pinning/refusal.h \
	pinning/ticket.c pinning/ticket.h \
	pinning/verdict.c pinning/verdict.h pinning/verdict-explain.c pinning/verdict-text.c
libpinning_la_CFLAGS = $(AM_CFLAGS) $(GNUTLS_CFLAGS)
libpinning_la_LIBADD = libcommon.la $(GNUTLS_LIBS)
