work() {
    # What the demonstration's sandbox does until nobody holds its standard input open any more.
    round=0
    while :; do
        round=$((round + 1))
        echo "round $round" >> /tmp/notes
        cat /etc/hostname | tr a-z A-Z | sort > /tmp/sorted
        ls -l /etc | head -n 3 > /dev/null
        sleep 0.4
        cat /etc/shadow-that-is-not-there
        cp /etc/passwd /tmp/copy && rm /tmp/copy
        ln -sf /tmp/notes /tmp/link && readlink /tmp/link > /dev/null
        sleep 0.4
        [ -x /usr/bin/perl ] && /usr/bin/perl -MSocket -e '
            my $home = inet_aton("127.0.0.1");
            socket(my $server, PF_INET, SOCK_STREAM, 0) or exit 1;
            bind($server, sockaddr_in(0, $home)) && listen($server, 1) or exit 1;
            if (fork) { accept(my $peer, $server); syswrite($peer, "hello\n"); close $peer; wait }
            else { socket(my $client, PF_INET, SOCK_STREAM, 0);
                   connect($client, getsockname($server)) && sysread($client, my $line, 64); exit 0 }
            socket(my $refused, PF_INET, SOCK_STREAM, 0);
            connect($refused, sockaddr_in(1, $home));'
        sleep 0.4
        (sleep 0.1; exit 3) &
        wait $!
        sleep 5 &
        kill $!
        sleep 0.8
    done
}
work > /dev/null 2>&1 < /dev/null &
exec cat > /dev/null
