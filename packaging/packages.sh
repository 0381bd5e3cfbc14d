# packages.sh - which packages are needed for what, by distribution. Sourced by packaging/quickstart and tests/run.
#
#   packages_missing GROUP...   names of the packages to install here for what is not there yet; nothing when all is
#   install_packages GROUP...   installs them; does nothing when all is there
#   packages_command            the command that installs packages here, for a person to read
#
# Groups: build (what a build needs), test (what tests/run needs beside it), packages (what builds and tries the packages; those
# of Debian there only), bench (what tests/bench/run compares with), hosts (the monitoring systems that the tests run; Debian
# only). What is there is found by what it gives (a program, a library's .pc file), not by a package's name: several packages
# give libcurl.
# shellcheck shell=bash

# GROUP  GIVES  DEBIAN-NAME  RHEL-NAME; RHEL's are partly in EPEL and in the repository crb (8: powertools). "-": none there.
packages_table() {
    cat <<'TABLE'
build program:cc               gcc                   gcc
build file:/usr/include/stdlib.h libc6-dev           glibc-devel
build program:cmake            cmake                 cmake
build program:ninja            ninja-build           ninja-build
build program:pkg-config       pkg-config            pkgconf-pkg-config
build library:libcurl          libcurl4-openssl-dev  libcurl-devel
build library:libcrypto        libssl-dev            openssl-devel
build library:json-c           libjson-c-dev         json-c-devel
build library:libconfuse       libconfuse-dev        libconfuse-devel
build library:sqlite3          libsqlite3-dev        sqlite-devel
build library:libmicrohttpd    libmicrohttpd-dev     libmicrohttpd-devel
build library:libical          libical-dev           libical-devel
test  library:cmocka           libcmocka-dev         libcmocka-devel
test  program:clang            clang                 clang
test  package:libclang-rt-dev   libclang-rt-dev       compiler-rt
test  program:clang-format     clang-format          clang-tools-extra
test  program:clang-tidy       clang-tidy            clang-tools-extra
test  program:cppcheck         cppcheck              cppcheck
test  program:valgrind         valgrind              valgrind
test  program:python3          python3               python3
test  program:strace           strace                strace
test  program:ip               iproute2              iproute
test  program:faketime         faketime              libfaketime
test  program:curl             curl                  curl
test  program:openssl          openssl               openssl
test  program:groff            groff-base            groff-base
test  program:shellcheck       shellcheck            ShellCheck
test  program:chromium         chromium              chromium
test  program:chromedriver     chromium-driver       chromedriver
test  package:fonts-wqy-zenhei fonts-wqy-zenhei      google-noto-sans-cjk-ttc-fonts
test  program:systemd-analyze  systemd               systemd
test  program:apparmor_parser  apparmor              -
packages program:dpkg-buildpackage dpkg-dev           -
packages package:build-essential build-essential     -
packages program:dh            debhelper             -
packages program:dh_apparmor   dh-apparmor           -
packages program:lintian       lintian               -
packages program:debootstrap   debootstrap           -
packages program:systemd-nspawn systemd-container    -
packages program:rpmbuild      rpm                   rpm-build
packages program:find-debuginfo debugedit            debugedit
packages program:eu-strip      elfutils              elfutils
packages program:cpio          cpio                  cpio
packages program:rpmlint       rpmlint               rpmlint
packages program:checkmodule   checkpolicy           checkpolicy
packages program:semodule_package semodule-utils     policycoreutils
packages file:/usr/share/selinux/devel/Makefile selinux-policy-dev selinux-policy-devel
bench program:curl             curl                  curl
bench program:apprise          apprise               apprise
TABLE
}

# apt or dnf; fails elsewhere.
packages_manager() {
    if command -v apt-get >/dev/null; then
        echo apt
    elif command -v dnf >/dev/null; then
        echo dnf
    else
        return 1
    fi
}

# KIND:NAME of the table's second column
package_is_there() {
    local name=${1#*:}
    case $1 in
    program:*) command -v "$name" >/dev/null ;;
    library:*) command -v pkg-config >/dev/null && pkg-config --exists "$name" ;;
    file:*) [ -e "$name" ] ;;
    package:*) dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q '^install ok installed$' ;;
    esac
}

# The rows of one group; those of `hosts` stand in a file of the tests.
packages_of() {
    local kind package
    if [ "$1" != hosts ]; then
        packages_table | awk -v group="$1" '$1 == group'
    elif [ "$(packages_manager)" = apt ]; then
        while read -r kind package; do
            [ "$kind" = install ] && echo "hosts package:$package $package -"
        done <"$(dirname "${BASH_SOURCE[0]}")/../tests/hosts/packages"
    fi
    return 0
}

packages_missing() {
    local group gives debian rhel manager
    manager=$(packages_manager) || manager=apt
    for group; do
        packages_of "$group"
    done | while read -r group gives debian rhel; do
        package_is_there "$gives" && continue
        [ "$manager" = apt ] && echo "$debian"
        [ "$manager" = dnf ] && [ "$rhel" != - ] && echo "$rhel"
    done | sort -u
}

packages_command() {
    case $(packages_manager || true) in
    apt) echo "apt-get install -y --no-install-recommends" ;;
    dnf) echo "dnf install -y" ;;
    *) echo "install" ;;
    esac
}

# Runs a command as root, by sudo when somebody else calls.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "packages are installed by root, and there is no sudo: run as root: $*" >&2
        return 1
    fi
}

# A fresh machine knows no packages yet, and an old list names versions that are gone: ask for the list then.
install_by_apt() {
    export DEBIAN_FRONTEND=noninteractive
    if ! compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null; then
        as_root apt-get update -q || return
    fi
    as_root apt-get install -q -y --no-install-recommends "$@" ||
        { as_root apt-get update -q && as_root apt-get install -q -y --no-install-recommends "$@"; }
}

# Headers of several libraries are in repositories that RHEL-like systems know but leave off.
install_by_dnf() {
    local repository
    as_root dnf install -q -y dnf-plugins-core || return
    for repository in crb powertools; do
        as_root dnf config-manager --set-enabled "$repository" >/dev/null 2>&1 && break
    done
    rpm -q epel-release >/dev/null 2>&1 || as_root dnf install -q -y epel-release >/dev/null 2>&1 || true
    as_root dnf install -q -y "$@"
}

install_packages() {
    local missing manager
    mapfile -t missing < <(packages_missing "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    manager=$(packages_manager) ||
        { echo "neither apt-get nor dnf is here: install by hand: ${missing[*]}" >&2; return 1; }
    "install_by_$manager" "${missing[@]}"
}
