# The pages are written in mdoc(7); tests/man.test has mandoc look at them.
dist_man_MANS += \
	man/libtlspin.3 \
	man/libtlspin-server.3 \
	man/org.tlspin.Admin1.5 \
	man/org.tlspin.Pins1.5 \
	man/tlspin-formats.5 \
	man/tlspin-keys.5 \
	man/tlspin-layers.5 \
	man/tlspin-policy.5 \
	man/tlspin-server.1 \
	man/tlspin-store.5 \
	man/tlspin.1 \
	man/tlspin-verdict.7 \
	man/tlspind.8 \
	man/tlspind.conf.5
