#include <doctest/doctest.h>
#include <unistd.h>

#include <string>

#include "host/decode_meminfo.h"
#include "support/temp_folder.h"
#include "tunewire/host/clock.h"
#include "tunewire/host/host_info.h"

namespace tunewire {

TEST_CASE("host info: the running host") {
  const Result<HostInfo> info = ReadHostInfo("/");
  REQUIRE(info.has_value());
  CHECK_FALSE(info->kernel_release.empty());
  CHECK(info->boot_id.size() == 36);
  CHECK(info->netns_inode != 0);
  CHECK(info->memory.ram_bytes > 1U << 20U);
  CHECK(info->memory.page_bytes >= 4096);
  CHECK(info->uid == ::geteuid());
}

TEST_CASE("host info: a captured tree, and what it lacks") {
  const TempFolder folder;
  const Result<HostInfo> bare = ReadHostInfo(folder.path());
  REQUIRE(bare.has_value());
  CHECK(bare->kernel_release.empty());
  CHECK(bare->boot_id.empty());
  CHECK(bare->memory.ram_bytes == 0);
  CHECK(bare->netns_inode == 0);
  folder.Put("proc/sys/kernel/osrelease", "5.10.0-8-amd64\n");
  folder.Put("proc/sys/kernel/random/boot_id", "8f1e6f1c-0000-4000-8000-0123456789ab\n");
  folder.Put("proc/meminfo", "MemTotal:       16316412 kB\nMemFree:  1 kB\n");
  const Result<HostInfo> info = ReadHostInfo(folder.path());
  REQUIRE(info.has_value());
  CHECK(info->kernel_release == "5.10.0-8-amd64");
  CHECK(info->boot_id == "8f1e6f1c-0000-4000-8000-0123456789ab");
  CHECK(info->memory.ram_bytes == 16316412ULL * 1024);
  CHECK_FALSE(ReadHostInfo(folder / "none").has_value());
}

TEST_CASE("host info: a link in a captured tree does not show the running host") {
  const TempFolder folder;
  folder.Put("proc/placeholder", "");
  REQUIRE(::symlink("/proc/meminfo", (folder / "proc/meminfo").c_str()) == 0);
  CHECK(ReadHostInfo(folder.path())->memory.ram_bytes == 0);
}

TEST_CASE("meminfo: damaged lines give nothing") {
  CHECK(DecodeMemTotal("MemTotal: 4 kB\n") == 4096);
  for (const char* text : {"", "MemTotal:", "MemTotal: x kB", "MemTotal: -4 kB", "MemTotal: 4 MB",
                           "MemTotal: 99999999999999999999 kB", "MemTotal: 9223372036854775807 kB",
                           "XMemTotal: 4 kB"}) {
    CAPTURE(text);
    CHECK_FALSE(DecodeMemTotal(text).has_value());
  }
}

TEST_CASE("clock: counts since boot, and the calendar") {
  const std::unique_ptr<Clock> clock = LinuxClock();
  const auto before = clock->SinceBoot();
  CHECK(before.count() > 0);
  CHECK(clock->SinceBoot() >= before);
  CHECK(clock->UnixSeconds() > 1'600'000'000);
}

}  // namespace tunewire
