#!/bin/sh
# Root runs a command as another user, with that user's groups and environment.
# usage: become.sh USER COMMAND [ARGUMENT...]
user=$1
shift
group=$(id -g -- "$user") || exit 1
exec setpriv --reuid "$user" --regid "$group" --init-groups --reset-env -- "$@"
