#include <doctest/doctest.h>

#include "tunewire/catalog/tunable.h"
#include "unit/profile/reading_aids.h"

namespace tunewire {
namespace {

TEST_CASE("profile: everything it holds is read, with its place") {
  const Profile profile = ProfileOf(R"({
  // a comment
  "$schema": "profile.schema.json",
  "format": 1,
  "name": "web",
  "summary": "For the web",
  "include": ["base", "./more.json"],
  "sysctl": {
    "net.core.somaxconn": {"at_least": 8192, "why": "caps listen", "source": "ip-sysctl.rst"},
    "net/ipv4/ip_local_port_range": "1024 65535",
    "net.netfilter.nf_conntrack_max": {"value": 1048576, "optional": true}
  }
})");
  CHECK(profile.name == "web");
  CHECK(profile.summary == "For the web");
  CHECK(profile.file == "t.json");
  CHECK(profile.include == std::vector<std::string>{"base", "./more.json"});
  REQUIRE(profile.include_places.size() == 2);
  CHECK(profile.include_places[1].column == 23);
  REQUIRE(profile.settings.size() == 3);
  const Setting& first = profile.settings[0];
  CHECK(first.key.name() == "net.core.somaxconn");
  CHECK(first.want.ToText() == ">=8192");
  CHECK(first.why == "caps listen");
  CHECK(first.source == "ip-sysctl.rst");
  CHECK_FALSE(first.optional);
  CHECK(first.profile == "web");
  CHECK(first.origin == Origin{"t.json", 9, 40});
  CHECK(first.place.length == 4);
  CHECK(first.place.excerpt.substr(39, 4) == "8192");
  CHECK(profile.settings[1].key.name() == "net.ipv4.ip_local_port_range");
  CHECK(profile.settings[1].want.ToText() == "1024 65535");
  CHECK(profile.settings[2].optional);
}

TEST_CASE("profile: a value may be written in several ways") {
  CHECK(WantOf("\"net.core.somaxconn\": 8192") == "8192");
  CHECK(WantOf("\"net.core.somaxconn\": \"8192\"") == "8192");
  CHECK(WantOf("\"net.core.somaxconn\": [8192]") == "8192");
  CHECK(WantOf("\"net.core.somaxconn\": {\"value\": 8192}") == "8192");
  CHECK(WantOf("\"net.core.somaxconn\": {\"at_most\": \"8192\"}") == "<=8192");
  CHECK(WantOf("\"net.core.somaxconn\": [{\"at_least\": 8192}]") == ">=8192");
  CHECK(WantOf("\"net.core.somaxconn\": \"keep\"") == "keep");
  CHECK(WantOf("\"net.ipv4.tcp_rmem\": \"4096  131072 6291456 \"") == "4096 131072 6291456");
  CHECK(WantOf("\"net.ipv4.tcp_rmem\": [4096, \"131072\", 6291456]") == "4096 131072 6291456");
  CHECK(WantOf("\"net.ipv4.tcp_rmem\": \"keep keep 16777216\"") == "keep keep 16777216");
  CHECK(WantOf("\"net.ipv4.tcp_rmem\": [\"keep\", \"keep\", {\"at_least\": 16777216}]") ==
        "keep keep >=16777216");
  CHECK(WantOf("\"net.ipv4.tcp_rmem\": {\"value\": [\"keep\", {\"at_most\": 9000}, 10000]}") ==
        "keep <=9000 10000");
  CHECK(WantOf("\"net.ipv4.tcp_rmem\": \"keep\"") == "keep keep keep");
  CHECK(WantOf("\"net.ipv4.tcp_mem\": [\"keep\", \"4% of ram\", {\"at_least\": \"5% of ram\"}]") ==
        "keep 4%ram >=5%ram");
  CHECK(WantOf("\"net.core.rmem_max\": {\"at_least\": \"1% of ram\"}") == ">=1%ram");
  CHECK(WantOf("\"net.ipv4.tcp_congestion_control\": \"bbr\"") == "bbr");
}

TEST_CASE("profile: lists are kept in one canonical spelling") {
  CHECK(WantOf("\"net.ipv4.ip_local_reserved_ports\": \"8081,8080,9000-9010\"") ==
        "8080-8081,9000-9010");
  CHECK(WantOf("\"net.ipv4.ip_local_reserved_ports\": \"\"") == "");
  CHECK(WantOf("\"net.ipv4.tcp_allowed_congestion_control\": \"reno cubic\"") == "cubic reno");
  CHECK(WantOf("\"net.ipv4.tcp_allowed_congestion_control\": [\"reno\", \"cubic\"]") ==
        "cubic reno");
}

TEST_CASE("profile: a pattern stands in the interface's place only") {
  CHECK(WantOf("\"net.ipv4.conf.eth*.rp_filter\": 1") == "1");
  CHECK(WantOf("\"net.ipv6.conf.*.accept_ra\": 0") == "0");
  CHECK(WantOf("\"net.ipv4.conf.eth0/100.rp_filter\": 1") == "1");
  for (const char* bad : {"net.ipv4.tcp_*", "net.*.somaxconn", "net.ipv4.conf.eth0.*", "net.*",
                          "net.ipv4.*.all.rp_filter", "net.core.rmem_ma[x]", "fs.file-m?x"}) {
    CAPTURE(bad);
    CHECK(SysctlErrors(Format("\"{}\": 1", bad)).starts_with("invalid_key 1+"));
  }
}

TEST_CASE("profile: a key under net. that is not in the catalog is taken as it is") {
  REQUIRE(FindTunable(*SysctlKey::Parse("net.xyz.brand_new")) == nullptr);
  CHECK(WantOf("\"net.xyz.brand_new\": 5") == "5");
  CHECK(WantOf("\"net.xyz.brand_new\": \"5 6\"") == "5 6");
  CHECK(WantOf("\"net.xyz.brand_new\": {\"at_least\": 5}") == ">=5");
  CHECK(WantOf("\"net.xyz.brand_new\": \"0123:4567\"") == "0123:4567");
  CHECK(SysctlErrors("\"net.xyz.brand_new\": \"010\"") == "invalid_value 23+3");
  CHECK(SysctlErrors("\"net.xyz.brand_new\": \"5 -0x1f\"") == "invalid_value 25+5");
  CHECK(SysctlErrors("\"net.xyz.brand_new\": \"\"") == "invalid_value 22+2");
  CHECK(SysctlErrors("\"net.xyz.brand_new\": \"5% of ram\"") == "invalid_value 22+11");
}

TEST_CASE("profile: a removed key is read; what becomes of it is the plan's to say") {
  const Tunable* removed = FindTunable(*SysctlKey::Parse("net.ipv4.tcp_tw_recycle"));
  REQUIRE(removed != nullptr);
  CHECK(removed->standing == Standing::kRemoved);
  CHECK(WantOf("\"net.ipv4.tcp_tw_recycle\": 1") == "1");
}

TEST_CASE("profile: keys that would be dangerous or are not known are refused") {
  CHECK(SysctlErrors("\"kernel.core_pattern\": \"x\"") == "forbidden_key 1+21");
  CHECK(SysctlErrors("\"kernel/modprobe\": \"x\"") == "forbidden_key 1+17");
  CHECK(SysctlErrors("\"vm.nr_hugepagez\": 1") == "unknown_key 1+17");
  CHECK(SysctlErrors("\"\": 1") == "invalid_key 1+2");
  CHECK(SysctlErrors("\"net/../../etc/passwd\": 1") == "invalid_key 1+22");
  CHECK(SysctlErrors("\"net.core.some\\u0000\": 1") == "invalid_key 1+21");
  CHECK(SysctlErrors("\"net.core.some\\n\": 1") == "invalid_key 1+17");
  CHECK(SysctlErrors(Format("\"net.{}\": 1", std::string(300, 'x'))).starts_with("invalid_key"));
  CHECK(SysctlErrors("\"net.core.somaxconn\": 1, \"net/core/somaxconn\": 2") ==
        "duplicate_key 26+20");
}

TEST_CASE("profile: wrong values are refused under their own characters") {
  CHECK(SysctlErrors("\"net.core.somaxconn\": true") == "wrong_type 23+4");
  CHECK(SysctlErrors("\"net.core.somaxconn\": null") == "wrong_type 23+4");
  CHECK(SysctlErrors("\"net.core.somaxconn\": []") == "invalid_value 23+1");
  CHECK(SysctlErrors("\"net.core.somaxconn\": [[1]]") == "wrong_type 24+1");
  CHECK(SysctlErrors("\"net.core.somaxconn\": {}") == "missing_field 23+1");
  CHECK(SysctlErrors("\"net.core.somaxconn\": [{}]") == "missing_field 24+1");
  CHECK(SysctlErrors("\"net.core.somaxconn\": {\"value\": {\"at_least\": 1}}") ==
        "wrong_type 33+1");
  CHECK(SysctlErrors("\"net.core.somaxconn\": {\"at_least\": 1, \"at_most\": 5}") ==
        "wrong_type 39+9");
  CHECK(SysctlErrors("\"net.core.somaxconn\": {\"at_least\": [1]}") == "wrong_type 36+1");
  CHECK(SysctlErrors("\"net.core.somaxconn\": {\"at_least\": \"x\"}") == "invalid_value 36+3");
  CHECK(SysctlErrors("\"net.core.somaxconn\": {\"at_least\": \"010\"}") == "invalid_value 36+5");
  CHECK(SysctlErrors("\"net.core.somaxconn\": {\"value\": 1, \"optional\": 1}") ==
        "wrong_type 48+1");
  CHECK(SysctlErrors("\"net.core.somaxconn\": \"010\"") == "invalid_value 24+3");
  CHECK(SysctlErrors("\"net.core.somaxconn\": \"0x10\"") == "invalid_value 24+4");
  CHECK(SysctlErrors("\"net.core.somaxconn\": \"4k\"") == "invalid_value 24+2");
  CHECK(SysctlErrors("\"net.core.somaxconn\": \"\"") == "invalid_value 23+2");
  CHECK(SysctlErrors("\"net.core.somaxconn\": \"1\\n2\"") == "invalid_value 23+6");
  CHECK(SysctlErrors("\"net.core.somaxconn\": \"1\\u0000\"") == "invalid_value 23+9");
  CHECK(SysctlErrors("\"net.core.somaxconn\": -1") == "out_of_range 23+2");
  CHECK(SysctlErrors("\"net.core.somaxconn\": \"1 2\"") == "wrong_arity 23+5");
  CHECK(SysctlErrors("\"net.core.somaxconn\": {\"at_least\": \"5% of ram\"}") ==
        "invalid_value 36+11");
  CHECK(SysctlErrors("\"net.core.rmem_max\": {\"at_least\": \"0% of ram\"}") ==
        "out_of_range 35+11");
  CHECK(SysctlErrors("\"net.core.rmem_max\": {\"at_least\": \"91% of ram\"}") ==
        "out_of_range 35+12");
  CHECK(SysctlErrors("\"net.ipv4.tcp_rmem\": 8192") == "wrong_arity 22+4");
  CHECK(SysctlErrors("\"net.ipv4.tcp_rmem\": {\"at_least\": 8192}") == "wrong_arity 35+4");
  CHECK(SysctlErrors("\"net.ipv4.tcp_rmem\": \"1 2 3 4\"") == "wrong_arity 22+9");
  CHECK(SysctlErrors("\"net.ipv4.tcp_rmem\": \"4096 99999999999 4096\"") == "out_of_range 28+11");
  CHECK(SysctlErrors("\"net.ipv4.tcp_rmem\": \"8192 4096 16384\"") == "not_ascending 28+4");
  CHECK(SysctlErrors("\"net.ipv4.tcp_rmem\": [8192, \"keep\", 5000]") == "not_ascending 37+4");
  CHECK(SysctlErrors("\"net.ipv4.tcp_rmem\": [\"keep keep\", 1, 2]") == "invalid_value 23+11");
  CHECK(SysctlErrors("\"net.ipv4.tcp_congestion_control\": {\"at_least\": 1}") ==
        "wrong_type 49+1");
  CHECK(SysctlErrors("\"net.core.somaxconn\": \"" + std::string(5000, '1') + "\"") ==
        "invalid_value 23+5002");
}

TEST_CASE("profile: what explains a setting stays on one line") {
  CHECK(SysctlErrors("\"net.core.somaxconn\": {\"value\": 1, \"why\": \"a\\nkernel.x=1\"}") ==
        "invalid_value 43+15");
  CHECK(SysctlErrors("\"net.core.somaxconn\": {\"value\": 1, \"source\": \"\\u001b[31m\"}") ==
        "invalid_value 46+12");
  CHECK(SysctlErrors("\"net.core.somaxconn\": {\"value\": 1, \"why\": 5}") == "wrong_type 43+1");
}

TEST_CASE("profile: a file that others may write is refused, and read no less strictly") {
  const auto refused =
      ParseProfile(SourceText{"/p/t.json", R"({"format": 1, "name": "t", "x": 1})", true});
  REQUIRE_FALSE(refused.has_value());
  REQUIRE(refused.error().size() == 2);
  CHECK(refused.error()[0].code == "writable_by_others");
  CHECK(refused.error()[0].subject == "/p/t.json");
  CHECK(refused.error()[1].code == "unknown_field");
}

}  // namespace
}  // namespace tunewire
