// The profiles in profiles/ are held to what a reader may expect of them.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tunewire/catalog/tunable.h"
#include "unit/profile/reading_aids.h"

namespace tunewire {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(TUNEWIRE_SOURCE_DIR) / "profiles";

class ShippedProfiles final : public ProfileSource {
 public:
  Result<SourceText> Open(std::string_view reference) override {
    const fs::path path = kFolder / Format("{}.json", reference);
    std::ifstream file(path);
    REQUIRE_MESSAGE(file.good(), path.string());
    return SourceText{path.string(), std::string(std::istreambuf_iterator<char>(file), {}), false};
  }
};

std::vector<std::string> ShippedNames() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

ComposedProfile Shipped(const std::string& name) {
  ShippedProfiles source;
  auto profile = LoadProfiles({name}, source);
  REQUIRE_MESSAGE(profile.has_value(), Rendered(profile ? std::vector<Error>{} : profile.error()));
  return *profile;
}

std::string WantIn(const ComposedProfile& profile, std::string_view key) {
  for (const Setting& setting : profile.settings) {
    if (setting.key.name() == key) return setting.want.ToText();
  }
  return "none";
}

TEST_CASE("shipped profiles: the eight are there") {
  CHECK(ShippedNames() == std::vector<std::string>{"asyncio-server", "base", "bulk-throughput",
                                                   "http-server", "load-generator", "low-latency",
                                                   "many-connections", "web-benchmark"});
}

TEST_CASE("shipped profiles: every setting says why and where that is known from") {
  for (const std::string& name : ShippedNames()) {
    const ComposedProfile profile = Shipped(name);
    CHECK(profile.name == name);
    CHECK_FALSE(profile.summary.empty());
    CHECK_FALSE(profile.settings.empty());
    for (const Setting& setting : profile.settings) {
      CAPTURE(setting.key.name());
      CHECK(setting.why.size() > 20);
      CHECK(setting.why.size() <= 160);
      CHECK_FALSE(setting.source.empty());
    }
    for (const LimitSetting& limit : profile.limits) {
      CHECK_FALSE(limit.why.empty());
      CHECK_FALSE(limit.source.empty());
    }
  }
}

TEST_CASE("shipped profiles: every setting is a live key of the catalog with a right value") {
  const MemoryFacts memories[] = {{std::uint64_t{512} << 20, 4096},
                                  {std::uint64_t{1} << 42, 65536}};
  for (const std::string& name : ShippedNames()) {
    for (const Setting& setting : Shipped(name).settings) {
      CAPTURE(name);
      CAPTURE(setting.key.name());
      const Tunable* tunable = FindTunable(*SysctlKey::Parse(setting.key.name()));
      REQUIRE(tunable != nullptr);
      CHECK(tunable->standing == Standing::kLive);
      CHECK(tunable->access == Access::kReadWrite);
      if (!tunable->module.empty()) CHECK(setting.optional);
      for (const MemoryFacts& memory : memories) {
        CHECK(setting.want.Resolve(tunable, memory).has_value());
      }
    }
  }
}

TEST_CASE("shipped profiles: the benchmark's values are exact") {
  const ComposedProfile profile = Shipped("web-benchmark");
  CHECK(profile.settings.size() == 7);
  CHECK(WantIn(profile, "net.core.somaxconn") == "8192");
  CHECK(WantIn(profile, "net.ipv4.tcp_max_orphans") == "8192");
  CHECK(WantIn(profile, "net.ipv4.tcp_max_syn_backlog") == "8192");
  CHECK(WantIn(profile, "net.core.netdev_max_backlog") == "262144");
  CHECK(WantIn(profile, "net.ipv4.ip_local_port_range") == "1024 65535");
  CHECK(WantIn(profile, "fs.file-max") == "16777216");
  CHECK(WantIn(profile, "fs.pipe-max-size") == "134217728");
  REQUIRE(profile.limits.size() == 2);
  for (const LimitSetting& limit : profile.limits) {
    CHECK(limit.item == "nofile");
    CHECK(limit.soft == 1048576);
    CHECK(limit.hard == 1048576);
  }
  CHECK(profile.limits[0].subject == "*");
  CHECK(profile.limits[1].subject == "root");
}

TEST_CASE("shipped profiles: no login limit above the kernel's own fs.nr_open") {
  constexpr std::uint64_t kDefaultNrOpen = 1048576;
  for (const std::string& name : ShippedNames()) {
    for (const LimitSetting& limit : Shipped(name).limits) CHECK(limit.hard <= kDefaultNrOpen);
  }
}

TEST_CASE("shipped profiles: what builds on another asks for no less") {
  CHECK(WantIn(Shipped("many-connections"), "net.core.somaxconn") == ">=32768");
  CHECK(WantIn(Shipped("asyncio-server"), "net.ipv4.tcp_syncookies") == ">=1");
  CHECK(WantIn(Shipped("http-server"), "net.ipv4.ip_local_port_range") == "<=16384 >=60999");
}

}  // namespace
}  // namespace tunewire
