#!/bin/sh
# Installs the npm package with systemd units, under the paths that Debian gives such a thing:
#   install.sh [--destdir DIR] postern-0.2.0.tgz
# It fetches the packages that npm-shrinkwrap.json names, by their hashes, Node among them. Run again with a newer one it
# replaces the program and leaves /etc/postern and /var/lib/postern as they are. With --destdir nothing of this machine is
# touched: the files are laid below DIR.
set -eu
umask 022

usage() {
  echo 'usage: install.sh [--destdir DIR] postern-VERSION.tgz' >&2
  exit 2
}

destdir=
if [ "${1:-}" = --destdir ]; then
  [ $# -ge 2 ] || usage
  destdir=$2
  shift 2
fi
[ $# -eq 1 ] && [ -f "$1" ] || usage
tarball=$1
program=$destdir/usr/lib/postern

rm -rf "$program.new" "$program.old"
mkdir -p "$program.new"
tar -xzf "$tarball" -C "$program.new" --strip-components=1 --no-same-owner
(
  cd "$program.new"
  npm pkg delete devDependencies scripts
  npm ci --ignore-scripts --no-audit --no-fund
)
# What can fail has been done: until here the old program goes on.
[ ! -e "$program" ] || mv "$program" "$program.old"
mv "$program.new" "$program"
rm -rf "$program.old"

units=$program/packaging/systemd
mkdir -p "$destdir/usr/bin" "$destdir/usr/sbin" "$destdir/usr/share/doc" "$destdir/usr/lib/systemd/system" \
  "$destdir/usr/lib/sysusers.d" "$destdir/usr/lib/tmpfiles.d" "$destdir/etc/postern"
ln -sfn ../lib/postern/bin/postern "$destdir/usr/bin/postern"
ln -sfn ../../lib/postern "$destdir/usr/share/doc/postern"
install -m 755 "$units/posternctl" "$destdir/usr/sbin/posternctl"
install -m 644 "$units/postern.service" "$units/postern-verify.socket" "$destdir/usr/lib/systemd/system/"
install -m 644 "$units/postern.sysusers" "$destdir/usr/lib/sysusers.d/postern.conf"
install -m 644 "$units/postern.tmpfiles" "$destdir/usr/lib/tmpfiles.d/postern.conf"
[ -e "$destdir/etc/postern/postern.env" ] || install -m 640 "$program/config/postern.env.example" "$destdir/etc/postern/postern.env"

[ -z "$destdir" ] || exit 0
systemd-sysusers /usr/lib/sysusers.d/postern.conf
systemd-tmpfiles --create /usr/lib/tmpfiles.d/postern.conf
chgrp postern /etc/postern/postern.env
systemctl daemon-reload || true
echo 'Edit /etc/postern/postern.env, then: systemctl enable --now postern-verify.socket postern.service'
