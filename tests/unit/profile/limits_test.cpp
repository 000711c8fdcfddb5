#include <doctest/doctest.h>

#include "unit/profile/reading_aids.h"

namespace tunewire {
namespace {

std::string WithLimits(std::string_view limits) {
  return Format("{{\"format\": 1, \"name\": \"t\", \"limits\": {{\n{}}}}}", limits);
}

std::string LimitErrors(std::string_view limits) {
  const auto profile = ParsedText(WithLimits(limits));
  if (profile) return "accepted";
  std::string all;
  for (const Error& error : profile.error()) {
    if (!all.empty()) all += "; ";
    all += Format("{} {}+{}", error.code, error.where->column, error.where->length);
  }
  return all;
}

TEST_CASE("limits: three targets, with why and source from either level") {
  const Profile profile = ProfileOf(WithLimits(R"json("nofile": {
  "why": "a connection is a descriptor", "source": "getrlimit(2)",
  "logins": {"*": 1048576, "root": {"soft": 1024, "hard": 1048576, "why": "root"}, "@web": 65536},
  "services": {"nginx.service": 65536, "user@1000.service": 4096},
  "running": {
  "nginx" : 65536, "1234" : 65536, "tmux: server" : 5, "nginx.service" : 6}
}, "memlock": {"services": {"x.service": "unlimited"}})json"));
  REQUIRE(profile.limits.size() == 10);
  const LimitSetting& all = profile.limits[0];
  CHECK(all.item == "nofile");
  CHECK(all.target == LimitTarget::kLogins);
  CHECK(all.subject == "*");
  CHECK(all.soft == 1048576);
  CHECK(all.hard == 1048576);
  CHECK(all.why == "a connection is a descriptor");
  CHECK(all.profile == "t");
  CHECK(all.origin == Origin{"t.json", 4, 19});
  CHECK(profile.limits[1].soft == 1024);
  CHECK(profile.limits[1].hard == 1048576);
  CHECK(profile.limits[1].why == "root");
  CHECK(profile.limits[1].source == "getrlimit(2)");
  CHECK(profile.limits[3].target == LimitTarget::kServices);
  CHECK(profile.limits[6].subject == "1234");
  CHECK(profile.limits[9].item == "memlock");
  CHECK(profile.limits[9].hard == kUnlimited);
}

TEST_CASE("limits: the sixteen items of the kernel") {
  int known = 0;
  for (const char* item :
       {"as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile",
        "nproc", "rss", "rtprio", "rttime", "sigpending", "stack"}) {
    CAPTURE(item);
    CHECK(IsLimitItem(item));
    CHECK(LimitErrors(Format("\"{}\": {{\"running\": {{\"x\": 20}}}}", item)) == "accepted");
    ++known;
  }
  CHECK(known == 16);
  CHECK_FALSE(IsLimitItem("priority"));
  CHECK_FALSE(IsLimitItem("maxlogins"));
  const auto refused = ParsedText(WithLimits("\"priority\": {\"logins\": {\"*\": -5}}"));
  CHECK(refused.error()[0].hint == "priority is no RLIMIT_ item: see nice and rtprio");
}

TEST_CASE("limits: amounts that no kernel or limits.conf can hold are refused") {
  const auto logins = [](std::string_view item, std::string_view amount) {
    return LimitErrors(Format("\"{}\": {{\"logins\": {{\"*\": {}}}}}", item, amount));
  };
  CHECK(logins("nofile", "0") == "accepted");
  CHECK(logins("nofile", "-1").starts_with("out_of_range"));
  CHECK(logins("nofile", "\"unlimited\"").starts_with("out_of_range"));
  CHECK(logins("nofile", "\"lots\"").starts_with("wrong_type"));
  CHECK(logins("nofile", "true").starts_with("wrong_type"));
  CHECK(logins("nofile", "[1]").starts_with("wrong_type"));
  CHECK(logins("nproc", "\"unlimited\"") == "accepted");
  CHECK(logins("nice", "40") == "accepted");
  CHECK(logins("nice", "41").starts_with("out_of_range"));
  CHECK(logins("nice", "0").starts_with("out_of_range"));
  CHECK(logins("nice", "-10").starts_with("out_of_range"));
  CHECK(logins("rtprio", "99") == "accepted");
  CHECK(logins("rtprio", "100").starts_with("out_of_range"));
  CHECK(logins("memlock", "65536") == "accepted");
  CHECK(logins("memlock", "65537").starts_with("out_of_range"));
  CHECK(logins("memlock", "\"unlimited\"") == "accepted");
  CHECK(logins("cpu", "120") == "accepted");
  CHECK(logins("cpu", "90").starts_with("out_of_range"));
  CHECK(LimitErrors("\"memlock\": {\"running\": {\"x\": 65537}}") == "accepted");
  CHECK(logins("nofile", "{\"soft\": 5, \"hard\": 4}").starts_with("not_ascending"));
  CHECK(logins("core", "{\"soft\": \"unlimited\", \"hard\": 0}").starts_with("not_ascending"));
  CHECK(logins("core", "{\"soft\": 0, \"hard\": \"unlimited\"}") == "accepted");
  CHECK(logins("nofile", "{\"soft\": 5}").starts_with("missing_field"));
  CHECK(logins("nofile", "{\"soft\": 5, \"hard\": 6, \"hrd\": 7}").starts_with("unknown_field"));
  CHECK(LimitErrors("\"nofile\": 5") == "wrong_type 11+1");
  CHECK(LimitErrors("\"nofile\": {\"login\": {}}") == "unknown_field 12+7");
  CHECK(LimitErrors("\"nofile\": {\"logins\": 5}") == "wrong_type 22+1");
}

TEST_CASE("limits: names that could leave their file or match nothing are refused") {
  const auto named = [](std::string_view target, std::string_view subject) {
    return LimitErrors(Format("\"nofile\": {{\"{}\": {{\"{}\": 5}}}}", target, subject));
  };
  for (const char* good : {"*", "root", "@web", "www-data", "_apt", "a.b", "host$", "1000"}) {
    CAPTURE(good);
    CHECK(named("logins", good) == "accepted");
  }
  for (const char* bad :
       {"", "@", "a b", "a\\n* - nofile 1", "%", "#x", "a/b", "-a", "**", "a:b"}) {
    CAPTURE(bad);
    CHECK(named("logins", bad).starts_with("invalid_value"));
  }
  for (const char* good : {"nginx.service", "user@1000.service", "dev-a\\\\x2db.swap", "-.mount"}) {
    CAPTURE(good);
    CHECK(named("services", good) == "accepted");
  }
  for (const char* bad : {"nginx", ".service", "../x.service", "a/b.service", "a..b.service",
                          "x.slice", "a b.service", "x.service\\n", "\\u00e9.service"}) {
    CAPTURE(bad);
    CHECK(named("services", bad).starts_with("invalid_value"));
  }
  for (const char* bad :
       {"", "a/b", "..", " a", "a\\u0007", "0", "007", "4194305", "../x.service"}) {
    CAPTURE(bad);
    CHECK(named("running", bad).starts_with("invalid_value"));
  }
}

}  // namespace
}  // namespace tunewire
