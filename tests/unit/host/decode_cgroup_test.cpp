#include "host/decode_cgroup.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace tunewire {
namespace {

using Folders = std::vector<std::string>;

constexpr const char* kV2Mount =
    "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

std::optional<CgroupPlace> Find(const std::string& groups, const std::string& mounts,
                                const char* controller) {
  std::string why;
  auto place = FindCgroup(DecodeCgroupLines(groups), DecodeCgroupMounts(mounts), controller, why);
  CHECK(why.empty() == place.has_value());
  return place;
}

TEST_CASE("a version 2 group lies below the one mount, its ancestors above it") {
  CHECK(Find("0::/a.slice/b.service\n", kV2Mount, "cpu") ==
        CgroupPlace{2,
                    "/a.slice/b.service",
                    {"sys/fs/cgroup/a.slice/b.service", "sys/fs/cgroup/a.slice", "sys/fs/cgroup"}});
  CHECK(Find("0::/\n", kV2Mount, "cpu") == CgroupPlace{2, "/", {"sys/fs/cgroup"}});
}

TEST_CASE("a mount may show a part of the tree alone") {
  const std::string inside = "30 23 0:26 /docker/x /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n";
  CHECK(Find("0::/docker/x\n", inside, "cpu")->folders == Folders{"sys/fs/cgroup"});
  CHECK(Find("0::/docker/x/y\n", inside, "cpu")->folders ==
        Folders{"sys/fs/cgroup/y", "sys/fs/cgroup"});
  CHECK_FALSE(Find("0::/docker/xy\n", inside, "cpu"));
  CHECK_FALSE(Find("0::/docker\n", inside, "cpu"));
}

TEST_CASE("a group outside of the namespace is not looked for elsewhere") {
  CHECK_FALSE(Find("0::/../other\n", kV2Mount, "cpu"));
  CHECK_FALSE(Find("0::/..\n", kV2Mount, "cpu"));
  CHECK(Find("0::/a..b\n", kV2Mount, "cpu"));
}

TEST_CASE("of a hybrid host each controller has its own hierarchy") {
  const std::string groups = "4:memory:/m\n3:cpu,cpuacct:/c\n1:name=systemd:/s\n0::/u\n";
  const std::string mounts =
      "31 30 0:28 / /cg/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
      "32 30 0:29 / /cg/memory rw - cgroup cgroup rw,memory\n"
      "33 30 0:30 / /cg/unified rw - cgroup2 cgroup2 rw\n";
  CHECK(Find(groups, mounts, "cpu") ==
        CgroupPlace{1, "/c", {"cg/cpu,cpuacct/c", "cg/cpu,cpuacct"}});
  CHECK(Find(groups, mounts, "memory")->folders == Folders{"cg/memory/m", "cg/memory"});
  CHECK(Find(groups, mounts, "pids") == CgroupPlace{2, "/u", {"cg/unified/u", "cg/unified"}});
  CHECK_FALSE(Find("4:memory:/m\n", mounts, "cpu"));
  CHECK_FALSE(Find("3:cpu:/c\n", kV2Mount, "cpu"));
}

TEST_CASE("a name may hold what mountinfo guards") {
  const std::string mounts = "30 23 0:26 /a\\040b /c\\134d\\ rw - cgroup2 x rw\n";
  CHECK(Find("0::/a b/e\n", mounts, "cpu")->folders == Folders{"c\\d\\/e", "c\\d\\"});
  CHECK(DecodeCgroupMounts("30 23 0:26 / /a\\999 rw - cgroup2 x rw\n").front().point == "/a\\999");
}

TEST_CASE("a mount that covers another is the one that counts") {
  const std::string twice =
      "30 23 0:26 /old /x rw - cgroup2 a rw\n30 23 0:26 / /x rw - cgroup2 a rw\n";
  CHECK(Find("0::/old\n", twice, "cpu")->folders == Folders{"x/old", "x"});
}

TEST_CASE("other lines are passed over") {
  CHECK(DecodeCgroupLines("").empty());
  CHECK(DecodeCgroupLines("0::\n1:x\nnonsense\n:\n").empty());
  CHECK(DecodeCgroupLines("1:cpu,cpuacct:/a:b\n") ==
        std::vector<CgroupLine>{{false, {"cpu", "cpuacct"}, "/a:b"}});
  CHECK(DecodeCgroupMounts("").empty());
  CHECK(DecodeCgroupMounts("1 2 3 / / rw - ext4 a rw\n - cgroup2\nx - cgroup2 a rw\n").empty());
}

TEST_CASE("a very deep group ends somewhere") {
  std::string path = "0::";
  for (int i = 0; i < 500; ++i) path += "/d";
  const auto place = Find(path, kV2Mount, "cpu");
  CHECK(place->folders.size() == 64);
}

TEST_CASE("quotas, limits and throttling of both versions") {
  CHECK(DecodeCpuMax("150000 100000\n") == CpuQuota{150000, 100000});
  CHECK_FALSE(DecodeCpuMax("max 100000\n"));
  CHECK_FALSE(DecodeCpuMax("1 0\n"));
  CHECK_FALSE(DecodeCpuMax(""));
  CHECK(DecodeCfsQuota("50000\n", "100000\n") == CpuQuota{50000, 100000});
  CHECK_FALSE(DecodeCfsQuota("-1\n", "100000\n"));
  CHECK_FALSE(DecodeCfsQuota("5\n", ""));
  CHECK(DecodeCgroupLimit("536870912\n") == 536870912U);
  CHECK_FALSE(DecodeCgroupLimit("max\n"));
  CHECK_FALSE(DecodeCgroupLimit("9223372036854771712\n"));
  CHECK_FALSE(DecodeCgroupLimit("-1\n"));
  CHECK(DecodeThrottling("nr_periods 9\nnr_throttled 3\nthrottled_usec 77\n") == Throttling{3, 77});
  CHECK(DecodeThrottling("nr_throttled 3\nthrottled_time 77123\n") == Throttling{3, 77});
  CHECK_FALSE(DecodeThrottling("usage_usec 3\n"));
}

TEST_CASE("damaged texts never crash a reader") {
  std::mt19937 random(9);
  const std::string groups = "4:memory:/m/n\n0::/u/v\n";
  for (int i = 0; i < 3000; ++i) {
    std::string text = i % 2 == 0 ? kV2Mount : groups;
    for (int j = 0; j < 4; ++j) text[random() % text.size()] = static_cast<char>(random());
    text.resize(random() % (text.size() + 1));
    std::string why;
    const auto lines = DecodeCgroupLines(i % 2 == 0 ? groups : text);
    const auto mounts = DecodeCgroupMounts(i % 2 == 0 ? text : kV2Mount);
    const auto place = FindCgroup(lines, mounts, "memory", why);
    CHECK((!place || !place->folders.empty()));
    DecodeThrottling(text);
  }
}

}  // namespace
}  // namespace tunewire
