# An example sees what an installed program sees: the public headers and the shared library.
noinst_PROGRAMS += examples/tls-get
examples_tls_get_CPPFLAGS = -I$(top_srcdir)/libclient -I$(top_srcdir)/common
examples_tls_get_CFLAGS = $(AM_CFLAGS) $(GNUTLS_CFLAGS)
examples_tls_get_LDADD = libtlspin.la $(GNUTLS_LIBS)
EXTRA_DIST += examples/check_chain.py examples/story.sh
