#!/usr/bin/env bash
# emulate.sh prepare FOLDER [BOCHS]: builds Bochs, an emulator of whole PCs, for a Xeon with AMX and
#   AVX-512, and puts it into the new FOLDER with Debian's kernel and boot loader. BOCHS is a folder with
#   its sources, as its repository holds them in bochs/; they are fetched by git where it is missing.
# emulate.sh run FOLDER PROGRAM [ARGUMENT...]: boots that PC, runs PROGRAM there with the shared libraries
#   that ldd names, prints what it prints, and ends with its exit status. After TIMEOUT (3600) seconds it
#   gives up, and prints what the kernel and Bochs said.
# For Debian 12 on x86-64: apt-get install --no-install-recommends cpio g++ git make xorriso
# JOBS (2) is how many compilers run at a time.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=https://github.com/bochs-emu/Bochs
revision=783b58fd6d9bae598a07c59719122322fa0edce6 # of 2026-08-22
processor=sapphire_rapids
memory=1024 # MiB
port_off=0x8900

usage() {
  sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

fail() {
  echo "emulate.sh: $1" >&2
  exit 1
}

require() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null 2>&1 ||
      fail "there is no $tool on the path; the head of this script names the packages."
  done
}

# This revision multiplies signed codes as if they were unsigned, converts only half of what it must to
# bfloat16, forgets the tile registers when Linux switches between threads, and lacks "extended feature
# disable" (XFD), without which Linux hands out none.
correct_bochs() {
  # DPBDSS, DPBDSU and DPBDUS convert bytes of Bit8u to Bit32s, which extends them with zeros.
  sed -i -E '/DPBD(SS|SU|US)\(Bit32u x, Bit32u y\)/,/^\}/s/Bit32s\(([xy]byte\[[0-3]\])\)/Bit32s(Bit8s(\1))/g' \
    "$1/cpu/avx/amx.cc"

  # VCVTNE2PS2BF16 reads its first operand from element 16 on.
  sed -i -E 's/convert_ne_fp32_to_bfloat16\(op1\.vmm32u\(n\)\)/convert_ne_fp32_to_bfloat16(op1.vmm32u(n - DWORD_ELEMENTS(len)))/' \
    "$1/cpu/avx/avx512_bf16.cc"

  # XSAVE exchanges rows and bytes of a row, saves 8 rows of 16, and only registers that are not in use.
  sed -i -E -e '/vmm16u\(8\+n\) *=/s/\.rows;/.bytes_per_row;/' \
    -e '/vmmubyte\(48\+n\) *=/s/\.bytes_per_row;/.rows;/' \
    -e 's/row < BX_TILE_REGISTERS/row < BX_TILE_MAX_ROWS/' \
    -e 's/tile_use_tracker == 0/tile_use_tracker != 0/' "$1/cpu/xsave.cc"

  # XFD of the tile registers alone: its bits of cpuid, its two registers, and the exception. Here it stops
  # ldtilecfg and tilerelease, too, which Linux does not mind.
  sed -i -E -e '/void bx_cpuid_t::get_std_cpuid_xsave_leaf/,/^\}/ {
    s/^    leaf->eax = 0;/    leaf->eax = 1 << 4;/
    s/(leaf->ecx = xsave_restore\[subfunction\]\.attr);/\1 | (subfunction == 18 ? 1 << 2 : 0);/
  }' "$1/cpu/cpuid.cc"
  sed -i -E -e '/BX_CPU_C::rdmsr\(/i #include "icache.h"\nextern Bit64u tiles_disabled, tiles_missed;\n' \
    -e '/BX_CPU_C::rdmsr\(/,/^\{/s/^\{/{\n  if (index == BX_MSR_IA32_XFD || index == BX_MSR_IA32_XFD_ERROR) {\n    *msr = index == BX_MSR_IA32_XFD ? tiles_disabled : tiles_missed;\n    return true;\n  }/' \
    -e '/BX_CPU_C::wrmsr\(/,/^\{/s/^\{/{\n  if (index == BX_MSR_IA32_XFD || index == BX_MSR_IA32_XFD_ERROR) {\n    (index == BX_MSR_IA32_XFD ? tiles_disabled : tiles_missed) = val_64;\n    handleAvxModeChange();\n    BX_CPU_THIS_PTR iCache->breakLinks();\n    return true;\n  }/' \
    "$1/cpu/msr.cc"
  sed -i -E -e '/^void BX_CPU_C::handleAvxModeChange/i Bit64u tiles_disabled = 0, tiles_missed = 0;' \
    -e 's/^( *\(~BX_CPU_THIS_PTR xcr0.*BX_XCR0_XTILEDATA_MASK\)\) != 0)\)$/\1 || tiles_disabled != 0)/' \
    -e '/BX_CPU_C::BxNoAMX/,/^\}/s/^  BX_ASSERT\(0\);/  tiles_missed = tiles_disabled;\n  exception(BX_NM_EXCEPTION, 0);/' \
    "$1/cpu/proc_ctrl.cc"
}

fetch_bochs() {
  git init -q "$1"
  git -C "$1" fetch -q --depth 1 "$repository" "$revision"
  git -C "$1" -c advice.detachedHead=false checkout -q FETCH_HEAD
}

build_bochs() {
  local from=$1 to=$2
  mkdir "$to"
  (
    cd "$to"
    "$from/configure" --enable-cpu-level=6 --enable-x86-64 --enable-avx --enable-evex --enable-amx \
      --enable-all-optimizations --enable-trace-linking --disable-docbook --disable-readline \
      --with-nogui CFLAGS="-O2 -march=native" CXXFLAGS="-O2 -march=native"
    make -j "${JOBS:-2}" bochs
  ) >"$to.log" 2>&1 || {
    tail -n 20 "$to.log" >&2
    fail "Bochs was not built."
  }
}

prepare() {
  local folder=$1 sources=${2:-}
  require apt-get cpio dpkg g++ make xorriso
  [ ! -e "$folder" ] || fail "$folder exists; give a folder that is still to be made."
  mkdir -p "$(dirname "$folder")"
  folder=$(cd "$(dirname "$folder")" && pwd)/$(basename "$folder")
  work=$(mktemp -d "$folder.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mkdir "$work/new"

  if [ -z "$sources" ]; then
    require git
    echo "Fetching Bochs."
    fetch_bochs "$work/repository"
    sources=$work/repository/bochs
  fi
  [ -f "$sources/cpu/avx/amx.cc" ] || fail "$sources holds no sources of Bochs that know AMX."
  cp -r "$sources" "$work/bochs"
  correct_bochs "$work/bochs"
  echo "Building Bochs, which takes 10 minutes or so."
  build_bochs "$work/bochs" "$work/build"
  cp "$work/build/bochs" "$work/bochs/bios/BIOS-bochs-latest" \
    "$work/bochs/bios/VGABIOS-lgpl/VGABIOS-lgpl-latest.bin" "$work/new"

  echo "Taking the kernel and the boot loader from Debian's packages."
  local kernel
  kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: //p' | head -n 1)
  [ -n "$kernel" ] || fail "apt-cache knows no package linux-image-cloud-amd64."
  mkdir "$work/packages"
  (
    cd "$work/packages"
    apt-get -q download "$kernel" isolinux syslinux-common
    for package in ./*.deb; do dpkg -x "$package" .; done
  ) >"$work/packages.log" 2>&1 || {
    cat "$work/packages.log" >&2
    fail "the packages were not fetched."
  }
  cp "$work"/packages/boot/vmlinuz-* "$work/new/vmlinuz"
  cp "$work/packages/usr/lib/ISOLINUX/isolinux.bin" \
    "$work/packages/usr/lib/syslinux/modules/bios/ldlinux.c32" "$work/new"

  g++ -std=c++17 -O2 -Wall -Wextra -Werror -static -DPORT_OFF="$port_off" -o "$work/new/init" "$here/init.cpp"
  g++ -std=c++17 -O1 -Wall -Wextra -Werror -static -mavx512f -mavx512bf16 -mamx-tile \
    -mamx-int8 -mamx-bf16 -o "$work/new/tiles" "$here/tiles.cpp"
  echo "Holding its instructions against what the manual says of them."
  (run "$work/new" "$work/new/tiles")
  mv "$work/new" "$folder"
}

# The initial file system: init, the program, its arguments, and the libraries where it looks for them.
pack() {
  local folder=$1 root=$2 program=$3
  shift 3
  mkdir "$root"
  cp "$folder/init" "$root/init"
  cp "$program" "$root/program"
  : >"$root/arguments"
  [ $# -eq 0 ] || printf '%s\0' "$@" >"$root/arguments"
  local library
  { ldd "$program" 2>/dev/null || true; } | sed -n 's:^[^/]*\(/[^ ]*\) (.*:\1:p' | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done
}

run() {
  local folder=$1 program=$2
  shift 2
  require cpio xorriso
  [ -f "$folder/bochs" ] || fail "$folder is no folder that emulate.sh prepare made."
  [ -f "$program" ] || fail "there is no program $program."
  folder=$(cd "$folder" && pwd)
  local status
  machine=$(mktemp -d)
  trap 'rm -rf "$machine"' EXIT

  pack "$folder" "$machine/root" "$program" "$@"
  mkdir "$machine/disk"
  cp "$folder/vmlinuz" "$folder/isolinux.bin" "$folder/ldlinux.c32" "$machine/disk"
  (cd "$machine/root" && find . | cpio --quiet -o -H newc) >"$machine/disk/initrd"
  # Bochs lacks the register that says whether long "rep movsb" are fast; Linux takes them for slow, but
  # still believes fsrm, that short ones are fast, whereupon its memmove goes astray.
  cat >"$machine/disk/isolinux.cfg" <<END
default linux
label linux
  kernel vmlinuz
  initrd initrd
  append console=ttyS1 quiet loglevel=4 rdinit=/init clearcpuid=fsrm tsc=reliable mitigations=off nowatchdog cryptomgr.notests
END
  xorriso -as mkisofs -quiet -o "$machine/disk.iso" -b isolinux.bin -c boot.cat -no-emul-boot \
    -boot-load-size 4 -boot-info-table "$machine/disk" >"$machine/disk.log" 2>&1 || {
    cat "$machine/disk.log" >&2
    fail "the disk was not written."
  }
  cat >"$machine/configuration" <<END
cpu: model=$processor, ips=20000000, cpuid_freq=ips, reset_on_triple_fault=0
memory: guest=$memory, host=$memory
romimage: file="$folder/BIOS-bochs-latest", options=fastboot
vgaromimage: file="$folder/VGABIOS-lgpl-latest.bin"
display_library: nogui
ata0-master: type=cdrom, path="$machine/disk.iso", status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=/dev/fd/3
com2: enabled=1, mode=file, dev="$machine/kernel"
log: "$machine/log"
panic: action=fatal
error: action=report
info: action=report
END
  # Bochs opens the name anew, which would empty a file, but not a pipe.
  timeout "${TIMEOUT:-3600}" "$folder/bochs" -q -f "$machine/configuration" 3>&1 >"$machine/bochs" 2>&1 \
    </dev/null | cat || true
  status=$(sed -n 's/^exit status \([0-9]*\)\r\{0,1\}$/\1/p' "$machine/kernel" 2>/dev/null | tail -n 1 || true)
  if [ -z "$status" ]; then
    tail -n 50 "$machine/kernel" "$machine/log" "$machine/bochs" >&2 || true
    fail "the program did not end."
  fi
  return "$status"
}

case "${1:-}" in
  prepare)
    [ $# -eq 2 ] || [ $# -eq 3 ] || usage
    prepare "${@:2}"
    ;;
  run)
    [ $# -ge 3 ] || usage
    run "${@:2}"
    ;;
  *) usage ;;
esac
