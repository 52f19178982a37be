# Shows a command only the files that it is given, read-only, and one small folder to write to, in
# the mount namespace that unshare made. Arguments: an empty folder, the user to become or -, paths
# to show, --, the command.
set -e
umask 022
root=$1 user=$2
shift 2
mount -t tmpfs -o mode=0755,size=1m,nosuid,nodev none "$root"
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then
    mkdir -p "$root$1"
  else
    mkdir -p "$root${1%/*}"
    : >"$root$1"
  fi
  mount --rbind "$1" "$root$1"
  shift
done
shift
# One by one, for a recursive bind has brought the mounts below along. nosuid and nodev are named
# since a mount of a user namespace may not drop them.
while read -r _ _ _ _ point _; do
  case $point in "$root"/*) mount -o remount,bind,ro,nosuid,nodev "$point" ;; esac
done </proc/self/mountinfo
mkdir "$root/dev" "$root/tmp"
for device in null zero urandom random; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mount -t tmpfs -o mode=1777,size=64m,nosuid,nodev none "$root/tmp"
mount -o remount,bind,ro,nosuid,nodev "$root"
# chroot and not pivot_root: without capabilities there is no way out of it, and no user namespace
# can be made in it.
if [ "$user" = - ]; then
  exec chroot "$root" setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$@"
else
  exec chroot "$root" setpriv --reuid="$user" --regid="$user" --clear-groups --bounding-set=-all \
    --inh-caps=-all --no-new-privs "$@"
fi
