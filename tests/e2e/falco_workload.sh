# What rules of Falco look for, and next to each a thing that it must not find. Run in a folder with
# the program of falco_program.c under some names, and bin/ with BusyBox under those of its applets.
cd "$1" || exit 1
"$1"/prog packet
"$1"/prog stream
"$1"/prog attach
"$1"/prog cont
"$1"/prog traceme
echo secret > "$1"/victim
"$1"/bin/shred -n 1 "$1"/victim
"$1"/bin/rm "$1"/victim
"$1"/bin/nc 127.0.0.1 9 -e /bin/sh
"$1"/bin/nc 127.0.0.1 9
"$1"/bin/grep "BEGIN RSA PRIVATE" "$1"/notes
"$1"/bin/grep "BEGIN CERTIFICATE" "$1"/notes
"$1"/bin/find "$1"/home -name id_rsa
"$1"/bin/find "$1"/home -name id_card
"$1"/bin/grep aws_secret_access_key "$1"/notes
"$1"/bin/find "$1"/home -path "$1"/home/.aws/credentials
"$1"/bin/find "$1"/home -path "$1"/home/.aws/config
"$1"/bin/cp "$1"/prog /dev/shm/tool
/dev/shm/tool stream
"$1"/bin/cp "$1"/prog "$1"/tool
"$1"/tool stream
"$1"/nginx run "$1"/bin/sh -c exit
"$1"/nginx run "$1"/bin/true
"$1"/deploy run "$1"/bin/sh -c exit
"$1"/prog read ../../../../../../../../etc/shadow
"$1"/prog read ../notes-of-nobody
"$1"/nginx late 5 /etc/shadow
"$1"/nginx read /etc/shadow
"$1"/passwd read /etc/shadow
"$1"/nginx late 5 /etc/hostname
"$1"/bin/mkdir -p /var/log/gvtui-test
: > /var/log/gvtui-test/auth.log
: >> /var/log/gvtui-test/auth.log
: > "$1"/auth.log
exit 0
