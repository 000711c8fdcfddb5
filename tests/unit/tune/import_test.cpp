#include "tunewire/tune/import.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <sstream>

#include "support/fake_files.h"
#include "tune/boot_keys.h"
#include "tune/import_tuned_expand.h"
#include "tune/sysctl_conf_value.h"
#include "tunewire/base/text.h"
#include "tunewire/tune/boot.h"

namespace tunewire {
namespace {

std::string Data(const std::string& name) {
  std::ifstream in(std::string(TUNEWIRE_SOURCE_DIR) + "/tests/data/import/" + name);
  REQUIRE(in);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

const char* const kNames[] = {"net.core.somaxconn",
                              "net.core.rmem_max",
                              "net.core.wmem_max",
                              "net.core.default_qdisc",
                              "net.ipv4.tcp_rmem",
                              "net.ipv4.tcp_wmem",
                              "net.ipv4.tcp_mem",
                              "net.ipv4.tcp_fin_timeout",
                              "net.ipv4.tcp_congestion_control",
                              "net.ipv4.tcp_slow_start_after_idle",
                              "net.ipv4.tcp_max_syn_backlog",
                              "net.ipv4.tcp_syn_retries",
                              "net.ipv4.ip_local_reserved_ports",
                              "net.ipv4.conf.all.rp_filter",
                              "net.ipv4.conf.default.rp_filter",
                              "net.ipv4.conf.lo.rp_filter",
                              "net.ipv4.conf.eth0.rp_filter",
                              "net.ipv4.conf.eth0/100.rp_filter",
                              "net.ipv4.conf.eth1.rp_filter",
                              "vm.swappiness",
                              "vm.dirty_ratio"};

std::vector<SysctlKey> Keys() {
  std::vector<SysctlKey> keys;
  for (const char* name : kNames) keys.push_back(SysctlKey::Parse(name).value());
  return keys;
}

Result<Imported> Import(const std::string& path, const std::string& text) {
  const FakeFiles files;
  return ImportProfile({{{path, text, false}}, ""}, Keys(), files, "/");
}

Profile Parsed(const Imported& imported) {
  const auto profile = ParseProfile({"x.json", imported.profile_text, false});
  REQUIRE(profile);
  return *profile;
}

/// What the profile asks of a key: its own setting, else the first glob that matches, by name.
const Setting* SettingFor(const Profile& profile, const SysctlKey& key) {
  const Setting* found = nullptr;
  for (const Setting& setting : profile.settings) {
    if (!setting.key.is_glob() && setting.key.key() == key) return &setting;
    const bool match = setting.key.is_glob() && setting.key.Matches(key);
    if (match && (found == nullptr || setting.key.name() < found->key.name())) found = &setting;
  }
  return found;
}

std::string Wanted(const Profile& profile, const char* name) {
  const Setting* setting = SettingFor(profile, SysctlKey::Parse(name).value());
  return setting == nullptr ? "(none)" : setting->want.ToText();
}

std::string WhyNot(const Imported& imported, const std::string& what) {
  for (const NotCarried& one : imported.not_carried) {
    if (one.what == what) return one.why;
  }
  return "(carried)";
}

TEST_CASE("import: a sysctl.conf becomes a profile with origins") {
  const auto imported = Import("/etc/sysctl.d/99-web.conf",
                               "# web\n"
                               "net.core.somaxconn = 4096 # enough\r\n"
                               "net/ipv4/tcp_rmem=4096 0x20000\n"
                               "-net.ipv4.tcp_syn_retries = 010\n"
                               "net.ipv4.tcp_congestion_control=bbr\n"
                               "net.ipv4.ip_local_reserved_ports = 8082,8080,8081\n"
                               "net.ipv4.tcp_tw_recycle = 1\n"
                               "net.core.rmem_max = 16M\n"
                               "net.bridge.bridge-nf-call-iptables = 1\n"
                               "no assignment");
  REQUIRE(imported);
  CHECK(imported->name == "99-web");
  const Profile profile = Parsed(*imported);
  CHECK(Wanted(profile, "net.core.somaxconn") == "4096");
  CHECK(Wanted(profile, "net.ipv4.tcp_rmem") == "4096 131072 keep");
  CHECK(Wanted(profile, "net.ipv4.tcp_syn_retries") == "8");
  CHECK(Wanted(profile, "net.ipv4.tcp_congestion_control") == "bbr");
  CHECK(Wanted(profile, "net.ipv4.ip_local_reserved_ports") == "8080-8082");
  CHECK(WhyNot(*imported, "net.core.rmem_max") == "the kernel refuses 16M");
  CHECK(WhyNot(*imported, "net.ipv4.tcp_tw_recycle") ==
        "the kernel lacks it since 4.12; instead: set tcp_tw_reuse to 1 on the side that connects");
  CHECK(WhyNot(*imported, "no assignment") == "not an assignment");
  CHECK(imported->not_carried.size() == 3);
  const auto optional = [&](const char* name) {
    return SettingFor(profile, SysctlKey::Parse(name).value())->optional;
  };
  CHECK_FALSE(optional("net.core.somaxconn"));
  CHECK(optional("net.ipv4.tcp_syn_retries"));
  CHECK(optional("net.bridge.bridge-nf-call-iptables"));
  CHECK(SettingFor(profile, SysctlKey::Parse("net.core.somaxconn").value())->source ==
        "/etc/sysctl.d/99-web.conf:2");
}

TEST_CASE("import: globs, exclusions and overlaps keep their meaning") {
  const auto imported = Import("a.conf",
                               "net.ipv4.conf.*.rp_filter = 2\n"
                               "-net.ipv4.conf.all.rp_filter\n"
                               "net.ipv4.conf.eth*.rp_filter = 1\n"
                               "net.ipv4.conf.eth1.rp_filter = 0\n"
                               "net.core.?mem_max = 4194304\n");
  REQUIRE(imported);
  const Profile profile = Parsed(*imported);
  CHECK(Wanted(profile, "net.ipv4.conf.lo.rp_filter") == "2");
  CHECK(Wanted(profile, "net.ipv4.conf.all.rp_filter") == "keep");
  CHECK(Wanted(profile, "net.ipv4.conf.eth0.rp_filter") == "1");
  CHECK(Wanted(profile, "net.ipv4.conf.eth0/100.rp_filter") == "1");
  CHECK(Wanted(profile, "net.ipv4.conf.eth1.rp_filter") == "0");
  CHECK(Wanted(profile, "net.core.rmem_max") == "4194304");
  CHECK(Wanted(profile, "net.core.wmem_max") == "4194304");
}

/// Requirement against what the kernel would hold after the original tool ran.
void CheckRoundTrip(const std::string& text) {
  CAPTURE(text);
  const std::vector<SysctlKey> keys = Keys();
  BootFiles boot;
  boot.sysctl_d = {{"", "t.conf", text}};
  const BootResolution resolution = ResolveSystemdSysctl(boot, keys);
  const auto imported = Import("/t.conf", text);
  if (!imported) {
    CHECK(imported.error().code == "nothing_to_import");
    return;
  }
  const Profile profile = Parsed(*imported);
  for (const SysctlKey& key : keys) {
    CAPTURE(key.name());
    const Tunable* tunable = FindTunable(key);
    const std::size_t arity = HoldsNumbers(tunable) ? tunable->fields.size() : 1;
    const std::vector<std::string> current(arity, "5000");
    const BootValue* value = resolution.Find(key);
    std::vector<std::string> tool = current;
    if (value != nullptr && value->assigned) {
      const bool refused = std::ranges::any_of(
          imported->not_carried, [&](const NotCarried& one) { return one.at == value->winner; });
      if (refused) continue;
      const KernelReading reading = ReadAsKernel(tunable, value->value);
      REQUIRE(reading.bad_word.empty());
      tool = reading.fields;
      if (HoldsNumbers(tunable)) tool.resize(arity, "5000");
    }
    const Setting* setting = SettingFor(profile, key);
    const auto asked = setting == nullptr ? current : setting->want.Apply(current).value();
    CHECK(Join(asked, " ") == Join(tool, " "));
  }
}

TEST_CASE("import: the profile asks for what systemd-sysctl would set") {
  const std::vector<std::string> patterns = {"net.ipv4.conf.*.rp_filter",
                                             "net.ipv4.conf.eth*.rp_filter",
                                             "net.ipv4.conf.[al]*.rp_filter",
                                             "net.ipv4.conf.eth?.rp_filter",
                                             "net.core.?mem_max",
                                             "net.ipv4.tcp_?mem",
                                             "net.ipv4.conf.{lo,eth0}.rp_f*"};
  const std::vector<std::string> values = {"1",     "2",       "0",         "010", "0x2",
                                           "1 2",   "1 # no",  "4096 8192", "no",  "",
                                           "1 2 3", "4 5 6 7", "16777216"};
  std::mt19937 random(7);
  const auto pick = [&](const auto& list) { return list[random() % std::size(list)]; };
  for (int round = 0; round < 400; ++round) {
    std::string text;
    for (auto line = random() % 12; line > 0; --line) {
      const bool glob = random() % 3 == 0;
      const std::string key = glob ? pick(patterns) : std::string(pick(kNames));
      const auto shape = random() % 8;
      if (shape == 0) {
        text += "-" + std::string(pick(kNames)) + "\n";
      } else {
        text += (shape == 1 ? "-" : "") + key + " = " + pick(values) + "\n";
      }
    }
    CheckRoundTrip(text);
  }
}

TEST_CASE("import: sysctl -a dumps") {
  const auto imported = Import("-",
                               "dev.cdrom.info = CD-ROM information, Id: cdrom.c 3.20\n"
                               "dev.cdrom.info = \n"
                               "kernel.random.boot_id = 3a6c\n"
                               "net.ipv4.tcp_rmem = 4096\t131072\t6291456\n"
                               "net.ipv4.conf.eth0/100.rp_filter = 1\n"
                               "net.netfilter.nf_conntrack_count = 17\n");
  REQUIRE(imported);
  CHECK(imported->name == "imported");
  const Profile profile = Parsed(*imported);
  CHECK(profile.settings.size() == 2);
  CHECK(Wanted(profile, "net.ipv4.tcp_rmem") == "4096 131072 6291456");
  CHECK(Wanted(profile, "net.ipv4.conf.eth0/100.rp_filter") == "1");
  CHECK(WhyNot(*imported, "net.netfilter.nf_conntrack_count") == "it is read-only");
  CHECK(WhyNot(*imported, "kernel.random.boot_id") != "(carried)");
}

TEST_CASE("import: limits.conf in setrlimit's units") {
  const auto imported = Import("/etc/security/limits.d/90-web.conf", Data("limits/90-web.conf"));
  REQUIRE(imported);
  const Profile profile = Parsed(*imported);
  const auto limit = [&](const char* item, const char* subject) {
    for (const LimitSetting& one : profile.limits) {
      if (one.item == item && one.subject == subject) return std::pair(one.soft, one.hard);
    }
    return std::pair<std::uint64_t, std::uint64_t>(0, 0);
  };
  CHECK(limit("nofile", "*") == std::pair<std::uint64_t, std::uint64_t>(65536, 1048576));
  CHECK(limit("nofile", "root") == std::pair<std::uint64_t, std::uint64_t>(1048576, 1048576));
  CHECK(limit("memlock", "@www") == std::pair<std::uint64_t, std::uint64_t>(65536, 65536));
  CHECK(limit("core", "www-data") == std::pair<std::uint64_t, std::uint64_t>(0, kUnlimited));
  CHECK(limit("rtprio", "@audio") == std::pair<std::uint64_t, std::uint64_t>(95, 95));
  CHECK(limit("nice", "@audio") == std::pair<std::uint64_t, std::uint64_t>(39, 39));
  CHECK(limit("cpu", "bob") == std::pair<std::uint64_t, std::uint64_t>(600, 600));
  CHECK(WhyNot(*imported, "nproc of www-data") ==
        "only its soft limit is given; a profile says both");
  CHECK(WhyNot(*imported, "* - maxlogins") == "maxlogins is no RLIMIT_ item");
  CHECK(WhyNot(*imported, "nofile of %users") != "(carried)");
  CHECK(WhyNot(*imported, "nofile of 1000:2000") != "(carried)");
  CHECK(WhyNot(*imported, "* soft nofile") ==
        "not four words: <domain> <soft|hard|-> <item> <value>");
  CHECK(imported->limits == 7);
}

FakeFiles TunedTree() {
  FakeFiles files;
  for (const char* path : {"/usr/lib/tuned/base-throughput/tuned.conf", "/etc/tuned/web/tuned.conf",
                           "/etc/tuned/web-variables.conf", "/etc/tuned/loop/tuned.conf",
                           "/etc/tuned/loop-back/tuned.conf"}) {
    files.Put(path, Data(std::string("tuned") + path));
  }
  return files;
}

Result<Imported> ImportTuned(const FakeFiles& files, const std::string& path) {
  return ImportProfile({{{path, files.Contents().at(path), false}}, ""}, Keys(), files, "/");
}

TEST_CASE("import: TuneD's includes, variables, functions and comparisons") {
  const auto imported = ImportTuned(TunedTree(), "/etc/tuned/web/tuned.conf");
  REQUIRE(imported);
  CHECK(imported->name == "web");
  CHECK(imported->files == std::vector<std::string>{"/etc/tuned/web/tuned.conf",
                                                    "/usr/lib/tuned/base-throughput/tuned.conf",
                                                    "/etc/tuned/web-variables.conf"});
  const Profile profile = Parsed(*imported);
  CHECK(Wanted(profile, "net.core.somaxconn") == ">=2048");
  CHECK(Wanted(profile, "net.ipv4.tcp_fin_timeout") == "<=30");
  CHECK(Wanted(profile, "net.ipv4.tcp_rmem") == "4096 131072 16777216");
  CHECK(Wanted(profile, "net.ipv4.tcp_wmem") == "4096 131072 16777216");
  CHECK(Wanted(profile, "net.ipv4.tcp_congestion_control") == "bbr");
  CHECK(Wanted(profile, "net.ipv4.tcp_slow_start_after_idle") == "0");
  CHECK(Wanted(profile, "net.ipv4.conf.eth0/100.rp_filter") == "2");
  CHECK(Wanted(profile, "vm.dirty_ratio") == "40");
  CHECK(Wanted(profile, "net.core.netdev_budget") == "(none)");
  CHECK(WhyNot(*imported, "net.ipv4.tcp_retries2") == "variable undefined is not defined");
  CHECK(WhyNot(*imported, "kernel.hostname_like") == "f:exec runs a program; an import runs none");
  CHECK(WhyNot(*imported, "[cpu]") == "TuneD's cpu plug-in has no place in a profile");
  CHECK(WhyNot(*imported, "[sysctl.old]").starts_with("it holds only on some machines"));
  CHECK(WhyNot(*imported, "[bootloader]") != "(carried)");
}

TEST_CASE("import: TuneD profiles that include themselves are refused") {
  const auto imported = ImportTuned(TunedTree(), "/etc/tuned/loop/tuned.conf");
  REQUIRE_FALSE(imported);
  CHECK(imported.error().code == "include_cycle");
}

TEST_CASE("import: TuneD's functions") {
  const TunedExpander expander("flags : fpu hypervisor\nvendor_id : GenuineIntel\n");
  const auto text = [&](const char* value) { return expander.Expand(value).text; };
  CHECK(text("${f:virt_check:guest:host}") == "guest");
  CHECK(text("${f:cpuinfo_check:AuthenticAMD:amd:GenuineIntel:intel:none}") == "intel");
  CHECK(text("${f:cpuinfo_check:AuthenticAMD:amd:none}") == "none");
  CHECK(text("a${f:strip: b }c${f:kb2s:${f:s2kb:8}}") == "abc8");
  CHECK(text("${f:strip:a\\:b}") == "a:b");
  CHECK(text("\\${name}") == "${name}");
  CHECK_FALSE(expander.Expand("${f:assertion:equal:1:2}").problem.empty());
  CHECK(expander.Expand("${f:assertion_non_equal:differ:1:2}").problem.empty());
  CHECK_FALSE(expander.Expand("${f:calc_isolated_cores:1}").problem.empty());
  CHECK_FALSE(TunedExpander("").Expand("${f:virt_check:a:b}").problem.empty());
}

TEST_CASE("import: saptune notes") {
  const auto imported = Import("/usr/share/saptune/notes/2382421", Data("saptune/2382421"));
  REQUIRE(imported);
  const Profile profile = Parsed(*imported);
  CHECK(Wanted(profile, "net.ipv4.tcp_max_syn_backlog") == "8192");
  CHECK(Wanted(profile, "net.ipv4.tcp_rmem") == "keep keep 16777216");
  CHECK(Wanted(profile, "net.ipv4.tcp_wmem") == "4096 65536 16777216");
  CHECK(Wanted(profile, "net.ipv4.tcp_syn_retries") == "8");
  CHECK(Wanted(profile, "net.core.somaxconn") == "(none)");
  CHECK(WhyNot(*imported, "net.ipv4.tcp_mem") == "it has 3 fields: saptune leaves it");
  CHECK(WhyNot(*imported, "[sysctl:os=15-SP3]") != "(carried)");
  CHECK(WhyNot(*imported, "[rpm]") != "(carried)");
  CHECK(profile.limits.size() == 2);
}

TEST_CASE("import: what cannot be imported at all") {
  const auto code = [](const std::string& path, const std::string& text) {
    const auto imported = Import(path, text);
    return imported ? std::string() : imported.error().code;
  };
  CHECK(code("a.conf", std::string("net.core.somaxconn=1\0\n", 22)) == "binary_file");
  CHECK(code("x.json", "{}") == "already_a_profile");
  CHECK(code("a.conf", "# nothing\n") == "nothing_to_import");
  CHECK(code("a.conf", std::string(kMaxSettingsBytes + 1, '#')) == "too_large");
}

TEST_CASE("import: formats are told apart by name and by content") {
  const auto format = [](const char* path, const char* text) {
    return DetectSettingsFormat({path, text, false}).value();
  };
  CHECK(format("-", "net.core.somaxconn = 1\n") == SettingsFormat::kSysctl);
  CHECK(format("-", "# c\n* soft nofile 1\n") == SettingsFormat::kLimits);
  CHECK(format("-", "// c\n{\"format\": 1}") == SettingsFormat::kProfile);
  CHECK(format("-", "[main]\ninclude=a\n") == SettingsFormat::kTuned);
  CHECK(format("-", "[version]\nVERSION=1\n[sysctl]\n") == SettingsFormat::kSaptune);
  CHECK(format("/etc/security/limits.d/a.conf", "") == SettingsFormat::kLimits);
  CHECK(format("/etc/tuned/a/tuned.conf", "") == SettingsFormat::kTuned);
  CHECK(format("/var/lib/saptune/notes/1", "") == SettingsFormat::kSaptune);
}

TEST_CASE("kernel reading: numbers from the left, what is behind is not looked at") {
  const Tunable* one = FindTunable(SysctlKey::Parse("net.core.somaxconn").value());
  const Tunable* three = FindTunable(SysctlKey::Parse("net.ipv4.tcp_rmem").value());
  CHECK(ReadAsKernel(one, "300 7").fields == std::vector<std::string>{"300"});
  CHECK(ReadAsKernel(one, "300 7").ignored == "7");
  CHECK(ReadAsKernel(one, "007777").fields == std::vector<std::string>{"4095"});
  CHECK(ReadAsKernel(one, "0x100").fields == std::vector<std::string>{"256"});
  CHECK(ReadAsKernel(one, "4k").bad_word == "4k");
  CHECK(ReadAsKernel(one, "").bad_word == "\"\"");
  CHECK(ReadAsKernel(three, "1 2").fields.size() == 2);
  CHECK(ReadAsKernel(three, "1 2 # x").bad_word == "#");
  CHECK(ReadAsKernel(three, "1 2 3 4").ignored == "4");
}

}  // namespace
}  // namespace tunewire
