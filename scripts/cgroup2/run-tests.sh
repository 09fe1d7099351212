#!/bin/sh
# Runs the tests on the machine that an init system, or its stand-in, has prepared, and powers off.
export PATH=/crisp/node_modules/.bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root NO_COLOR=1 CI=1
for module in overlay bridge veth; do modprobe "$module"; done
ip link set lo up
hostname cgroup2
cd /crisp && sh /etc/test-command
# On a line of its own, whatever the tests wrote last.
printf '\ncrisp-tests-ended-with %s\n' "$?"
sync
busybox poweroff -f
