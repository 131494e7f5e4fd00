#!/bin/sh
# Puts the home's files into place.
set -eu

install -D -m 0644 @out@/www/index.html "$HOME/.config/greeting"
