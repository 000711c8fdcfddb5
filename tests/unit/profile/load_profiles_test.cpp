#include <doctest/doctest.h>

#include "unit/profile/reading_aids.h"

namespace tunewire {
namespace {

std::string File(std::string_view name, std::string_view include, std::string_view sysctl) {
  return Format(R"({{"format": 1, "name": "{}", "summary": "{} summary", "include": [{}],
"sysctl": {{{}}}}})",
                name, name, include, sysctl);
}

std::string Settings(const ComposedProfile& profile) {
  std::string all;
  for (const Setting& setting : profile.settings) {
    all += Format("{}={} ({})\n", setting.key.name(), setting.want.ToText(), setting.profile);
  }
  return all;
}

ComposedProfile Loaded(MemoryProfiles& source, const std::vector<std::string>& references) {
  auto profile = LoadProfiles(references, source);
  REQUIRE_MESSAGE(profile.has_value(), Rendered(profile ? std::vector<Error>{} : profile.error()));
  return *profile;
}

TEST_CASE("includes come first and what comes later wins") {
  MemoryProfiles source;
  source.files["base"] = File("base", "", R"("net.core.somaxconn": 1, "net.core.rmem_max": 4096)");
  source.files["web"] =
      File("web", R"("base")", R"("net.core.somaxconn": 2, "net.core.wmem_max": 8192)");
  const ComposedProfile web = Loaded(source, {"web"});
  CHECK(web.name == "web");
  CHECK(web.summary == "web summary");
  CHECK(web.references == std::vector<std::string>{"web"});
  CHECK(web.files == std::vector<std::string>{"/p/base.json", "/p/web.json"});
  CHECK(
      Settings(web) ==
      "net.core.rmem_max=4096 (base)\nnet.core.somaxconn=2 (web)\nnet.core.wmem_max=8192 (web)\n");
  REQUIRE(web.overridden.size() == 1);
  CHECK(web.overridden[0].first.profile == "base");
  CHECK(web.overridden[0].second.profile == "web");
  CHECK(web.overridden[0].first.origin.file == "/p/base.json");
}

TEST_CASE("several profiles: the last one asked for wins, a shared base counts once") {
  MemoryProfiles source;
  source.files["base"] = File("base", "", R"("net.core.somaxconn": 1)");
  source.files["a"] = File("a", R"("base")", R"("net.core.somaxconn": 2)");
  source.files["b"] = File("b", R"("base")", R"("net.core.rmem_max": 4096)");
  const ComposedProfile both = Loaded(source, {"a", "b"});
  CHECK(both.name == "a+b");
  CHECK(both.summary == "a summary; b summary");
  CHECK(both.files == std::vector<std::string>{"/p/base.json", "/p/a.json", "/p/b.json"});
  CHECK(Settings(both) == "net.core.rmem_max=4096 (b)\nnet.core.somaxconn=2 (a)\n");
}

TEST_CASE("keep takes a key out again") {
  MemoryProfiles source;
  source.files["base"] =
      File("base", "", R"("net.core.somaxconn": 1, "net.ipv4.tcp_rmem": "4096 5000 6000")");
  source.files["mine"] =
      File("mine", R"("base")", R"("net.core.somaxconn": "keep", "net.ipv4.tcp_rmem": "keep")");
  const ComposedProfile mine = Loaded(source, {"mine"});
  CHECK(mine.settings.empty());
  CHECK(mine.overridden.size() == 2);
}

TEST_CASE("a pattern and an exact key both stay") {
  MemoryProfiles source;
  source.files["a"] = File("a", "", R"("net.ipv4.conf.eth0.rp_filter": 1)");
  source.files["b"] = File("b", R"("a")", R"("net.ipv4.conf.eth*.rp_filter": 2)");
  CHECK(Loaded(source, {"b"}).settings.size() == 2);
  CHECK(Loaded(source, {"b"}).overridden.empty());
}

TEST_CASE("keep holds a pattern off its key") {
  MemoryProfiles source;
  source.files["a"] = File(
      "a", "",
      R"("net.ipv4.conf.*.rp_filter": 2, "net.ipv4.conf.all.rp_filter": "keep", "net.core.somaxconn": "keep")");
  CHECK(Settings(Loaded(source, {"a"})) ==
        "net.ipv4.conf.*.rp_filter=2 (a)\nnet.ipv4.conf.all.rp_filter=keep (a)\n");
  source.files["b"] = File("b", R"("a")", R"("net.ipv4.conf.*.rp_filter": "keep")");
  CHECK(Loaded(source, {"b"}).settings.empty());
}

TEST_CASE("limits of the same item, target and name: the later one wins") {
  MemoryProfiles source;
  source.files["a"] = R"({"format": 1, "name": "a",
"limits": {"nofile": {"logins": {"*": 1, "root": 2}, "services": {"x.service": 3}}}})";
  source.files["b"] = R"({"format": 1, "name": "b", "include": ["a"],
"limits": {"nofile": {"logins": {"*": 10}}}})";
  const ComposedProfile profile = Loaded(source, {"b"});
  REQUIRE(profile.limits.size() == 3);
  CHECK(profile.limits[0].subject == "*");
  CHECK(profile.limits[0].soft == 10);
  CHECK(profile.limits[0].profile == "b");
  CHECK(profile.limits[1].soft == 2);
}

TEST_CASE("a path in an include is seen from the file that holds it") {
  MemoryProfiles source;
  source.files["/etc/t/site.json"] =
      File("site", R"("./sub/x.json", "../y.json", "/z/z.json")", "");
  source.files["/etc/t/sub/x.json"] = File("x", "", "");
  source.files["/etc/y.json"] = File("y", "", "");
  source.files["/z/z.json"] = File("z", "", "");
  CHECK(Loaded(source, {"/etc/t/site.json"}).files.size() == 4);
  source.files["./rel.json"] = File("rel", R"("./x.json")", "");
  source.files["./x.json"] = File("x", "", "");
  CHECK(Loaded(source, {"./rel.json"}).files.size() == 2);
}

TEST_CASE("a cycle of includes is refused with its chain") {
  MemoryProfiles source;
  source.files["a"] = File("a", R"("b")", "");
  source.files["b"] = File("b", R"("c")", "");
  source.files["c"] = File("c", R"("b")", "");
  const auto refused = LoadProfiles({"a"}, source);
  REQUIRE_FALSE(refused.has_value());
  CHECK(Rendered(refused.error()) == R"(/p/c.json:1:64: /p/b.json includes itself [include_cycle]
| {"format": 1, "name": "c", "summary": "c summary", "include": ["b"],
|                                                                ^^^  /p/b.json -> /p/c.json -> /p/b.json
)");
  source.files["self"] = File("self", R"("self")", "");
  CHECK(LoadProfiles({"self"}, source).error()[0].code == "include_cycle");
  source.files["./s.json"] = File("s", R"("./x/../s.json")", "");
  CHECK(LoadProfiles({"./s.json"}, source).error()[0].code == "include_cycle");
}

/// Every reference opens a file that includes two others not met before.
class EndlessProfiles final : public ProfileSource {
 public:
  int opened = 0;
  Result<SourceText> Open(std::string_view) override {
    ++opened;
    return SourceText{Format("/p/{}.json", opened),
                      File("x", Format("\"n{}\", \"m{}\"", opened, opened), ""), false};
  }
};

TEST_CASE("includes without end stop") {
  EndlessProfiles source;
  const auto refused = LoadProfiles({"x"}, source);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error()[0].code == "too_deep");
  CHECK(refused.error().size() <= 20);
  CHECK(source.opened <= 64);
}

TEST_CASE("a profile that is not there is told at the include, and the others are still read") {
  MemoryProfiles source;
  source.files["a"] = File("a", R"("nope", "b")", "");
  source.files["b"] = File("b", "", R"("vm.nonsense": 1)");
  const auto refused = LoadProfiles({"a", "nope"}, source);
  REQUIRE_FALSE(refused.has_value());
  REQUIRE(refused.error().size() == 3);
  CHECK(refused.error()[0].code == "no_such_profile");
  REQUIRE(refused.error()[0].where.has_value());
  CHECK(refused.error()[0].where->file == "/p/a.json");
  CHECK(refused.error()[0].where->length == 6);
  CHECK(refused.error()[1].code == "unknown_key");
  CHECK_FALSE(refused.error()[2].where.has_value());
}

}  // namespace
}  // namespace tunewire
