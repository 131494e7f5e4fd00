#!/bin/sh
# Serves the page.
exec @out@/bin/busybox httpd -f -p 8081 -h @out@/www
