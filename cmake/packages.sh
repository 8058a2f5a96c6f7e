# SPDX-License-Identifier: Apache-2.0
# Sourced by quickstart.sh and check.sh: installs the Debian packages that are missing, or says which they are.

# What building the program takes, and what the tests take on top.
build_packages="g++ cmake ninja-build libboost-dev libeigen3-dev libfmt-dev libcli11-dev nlohmann-json3-dev
libopencv-imgcodecs-dev"
test_packages="catch2 pkg-config clang libclang-rt-14-dev libopenmpi-dev openmpi-bin g++-aarch64-linux-gnu qemu-user
python3-dev python3-numpy pybind11-dev libopencv-dnn-dev doxygen python3-markdown"

say() { printf '\n\033[1m==> %s\033[0m (%s s)\n' "$*" "$SECONDS"; }

# install_packages PACKAGE...: asks nothing. --no-install among the script's arguments skips it.
install_packages() {
  local missing="" package
  if ! command -v apt-get > /dev/null || ! command -v dpkg-query > /dev/null; then
    echo "This is not a Debian system. Install what these Debian 12 packages hold, then run this again with --no-install:" >&2
    echo "  $*" >&2
    exit 1
  fi
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q 'install ok installed' || missing="$missing $package"
  done
  if [ -z "$missing" ]; then
    return
  fi
  local as_root=""
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo > /dev/null; then
      echo "These packages are missing, and there is neither root nor sudo to install them:" >&2
      echo "  apt-get install --no-install-recommends$missing" >&2
      exit 1
    fi
    as_root="sudo"
  fi
  say "installing$missing"
  # shellcheck disable=SC2086
  $as_root apt-get update -q && $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends -o Dpkg::Use-Pty=0 $missing
}
