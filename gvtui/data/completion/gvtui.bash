# Completion of gvtui's command line in bash 4.4 or newer.
# gvtui itself says what could stand at the cursor; files are looked for here.

_gvtui_files() {
    local ending
    compopt -o filenames
    if [[ -z $2 ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$1")
        return
    fi
    mapfile -t COMPREPLY < <(
        compgen -d -- "$1"
        for ending in $2; do
            compgen -f -X "!*$ending" -- "$1"
        done
    )
    ((${#COMPREPLY[@]})) || mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_gvtui() {
    local answer kind value about
    COMPREPLY=()
    answer=$(
        _GVTUI_COMPLETE=bash _GVTUI_LINE=${COMP_LINE:0:COMP_POINT} _GVTUI_WORD=$2 \
            "${1/#\~/$HOME}" 2>/dev/null
    ) || return 0
    while IFS=$'\t' read -r kind value about; do
        case $kind in
            word) COMPREPLY+=("$value") ;;
            part) COMPREPLY+=("$value"); compopt -o nospace ;;
            file) _gvtui_files "$2" "$value" ;;
            dir) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$2") ;;
        esac
    done <<<"$answer"
}

complete -o nosort -F _gvtui gvtui
