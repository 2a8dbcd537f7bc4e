# Policy text: read, looked over, and compiled into layers.
noinst_LTLIBRARIES += libpolicy.la
libpolicy_la_SOURCES = \
	policy/compile.c policy/compile.h \
	policy/defaults.c policy/defaults.h \
	policy/feed.c policy/feed.h \
	policy/files.c policy/files.h \
	policy/finding.c policy/finding.h \
	policy/group.c policy/group.h policy/group-private.h \
	policy/group-check.c \
	policy/group-keys.c \
	policy/linefile.c policy/linefile.h \
	policy/lint.c policy/lint.h \
	policy/lint-blocked.c \
	policy/lint-duplicates.c \
	policy/lint-group.c \
	policy/lint-reach.c \
	policy/marker.c policy/marker.h \
	policy/moment.c policy/moment.h \
	policy/pemfile.c policy/pemfile.h \
	policy/publish.c policy/publish.h \
	policy/rules.c policy/rules.h \
	policy/rules-walk.c \
	policy/section.c policy/section.h \
	policy/source.c policy/source.h \
	policy/sourceline.c policy/sourceline.h \
	policy/trust.c policy/trust.h \
	policy/value.c policy/value.h
libpolicy_la_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(GNUTLS_CFLAGS) $(PSL_CFLAGS)
libpolicy_la_LIBADD = libdaemon.la $(GNUTLS_LIBS) $(PSL_LIBS) $(GLIB_LIBS)
