#!/bin/sh
# Serves the page.
exec @out@/bin/busybox httpd -f -p 8084 -h @out@/www
