# Completion of gvtui's command line in fish.
# gvtui itself says what could stand at the cursor; files are looked for here.

function __gvtui_complete
    set -l program (commandline -opc)[1]
    type -q $program; or set program gvtui
    set -lx _GVTUI_COMPLETE fish
    set -lx _GVTUI_LINE (commandline -cp | string collect)
    for line in ($program 2>/dev/null)
        set -l fields (string split \t -- $line)
        set -l token (commandline -ct)
        set -l option (string match -r -- '^--[^=]*=' $token)
        set token (string replace -r -- '^--[^=]*=' '' $token)
        switch $fields[1]
            case word part
                echo $fields[2]\t$fields[3]
            case dir
                for found in (__fish_complete_directories $token '')
                    echo "$option$found"
                end
            case file
                if test -n "$fields[2]"
                    for ending in (string split ' ' -- $fields[2])
                        for found in (__fish_complete_suffix $token $ending)
                            echo "$option$found"
                        end
                    end
                else
                    for found in (__fish_complete_path $token)
                        echo "$option$found"
                    end
                end
        end
    end
end

complete -c gvtui -f -a '(__gvtui_complete)'
