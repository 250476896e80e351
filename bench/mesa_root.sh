#!/bin/sh
# Software Vulkan of another Mesa than this machine's, with its own glibc and LLVM, in a folder.
#
#   bench/mesa_root.sh FOLDER [SUITE]           unpacks that of a suite of Debian; default: sid. Needs apt
#   bench/mesa_root.sh FOLDER -- COMMAND ...    runs a command with it. Needs root, for mounts and chroot
#
# The command has Node.js of this machine, its files where they are, and its environment.
set -eu
root=$(mkdir -p "$1" && cd "$1" && pwd)

if [ "${2-}" = -- ]; then
  shift 2
  exec unshare --mount sh -euc '
    root=$1 here=$2
    shift 2
    for folder in dev proc sys tmp "${here#/}"; do
      mkdir -p "$root/$folder"
      mount --rbind "/$folder" "$root/$folder"
    done
    exec chroot "$root" /usr/bin/env -C "$here" "$@"
  ' sh "$root" "$(pwd)" "$@"
fi

repository=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
apt=$root/apt
mkdir -p "$apt/lists/partial" "$apt/archives/partial"
: > "$apt/status"
echo "deb $repository ${2:-sid} main" > "$apt/sources.list"
cat > "$apt/apt.conf" << END
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache::archives "$apt/archives";
APT::Install-Recommends "false";
END
export APT_CONFIG="$apt/apt.conf"
apt-get update
apt-get install --yes --download-only mesa-vulkan-drivers libvulkan1 libatomic1 libstdc++6 coreutils dash
for package in "$apt"/archives/*.deb; do dpkg-deb --extract "$package" "$root"; done
for name in bin lib lib64; do [ -e "$root/$name" ] || ln -s "usr/$name" "$root/$name"; done
[ -e "$root/usr/bin/sh" ] || ln -s dash "$root/usr/bin/sh"
cp "$(command -v node)" "$root/usr/bin/node"
