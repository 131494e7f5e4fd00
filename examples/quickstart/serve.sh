#!/bin/sh
# Serves the page. usage: serve PORT
exec @busybox@ httpd -f -p "$1" -h @www@
