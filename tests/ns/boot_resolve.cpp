// Prints what the boot resolver makes of a file tree, for test_boot.py:
//   boot_resolve ROOT PROC_SYS
// One line a value: loader, key path, "assigned" or "void", "exists" or "absent", value, winner's
// file, line; fields split by tabs, unusual bytes as \xNN.
#include <cctype>
#include <cstdio>
#include <string>
#include <vector>

#include "tunewire/host/files.h"
#include "tunewire/host/sysctl_tree.h"
#include "tunewire/tune/boot.h"

namespace {

std::string Escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7F && c != '\\') {
      out += c;
      continue;
    }
    char hex[5];
    std::snprintf(hex, sizeof hex, "\\x%02x", byte);
    out += hex;
  }
  return out;
}

void Print(const tunewire::BootResolution& resolution) {
  for (const tunewire::BootValue& value : resolution.values) {
    std::printf("%s\t%s\t%s\t%s\t%s\t%s\t%d\n",
                std::string(tunewire::BootLoaderSlug(resolution.loader)).c_str(),
                Escaped(value.key.path()).c_str(), value.assigned ? "assigned" : "void",
                value.exists ? "exists" : "absent", Escaped(value.value).c_str(),
                Escaped(value.winner.file).c_str(), value.winner.line);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto tree = tunewire::OpenSysctlTree(argv[2]);
  if (!tree) return 3;
  const auto existing = (*tree)->List("");
  if (!existing) return 3;
  const auto files = tunewire::LinuxFiles();
  const tunewire::BootFiles boot = tunewire::ReadBootFiles(*files, argv[1], "");
  Print(tunewire::ResolveSystemdSysctl(boot, *existing));
  Print(tunewire::ResolveProcps(boot, *existing));
  return 0;
}
