#include <doctest/doctest.h>

#include <algorithm>

#include "support/fake_files.h"
#include "tune/boot_keys.h"
#include "tunewire/tune/boot.h"

namespace tunewire {
namespace {

SysctlKey Key(const char* text) { return SysctlKey::Parse(text).value(); }

std::vector<SysctlKey> SomeKeys() {
  std::vector<SysctlKey> keys;
  for (const char* name :
       {"net.core.somaxconn", "net.core.rmem_max", "net.ipv4.conf.all.rp_filter",
        "net.ipv4.conf.default.rp_filter", "net.ipv4.conf.eth0.rp_filter",
        "net.ipv4.conf.eth0/100.rp_filter", "net.ipv4.tcp_rmem", "vm.swappiness"}) {
    keys.push_back(Key(name));
  }
  return keys;
}

BootFiles With(std::vector<BootFile> files) {
  BootFiles boot;
  boot.sysctl_d = std::move(files);
  return boot;
}

BootValue Only(const BootResolution& resolution, const char* key) {
  const BootValue* value = resolution.Find(Key(key));
  REQUIRE(value != nullptr);
  return *value;
}

bool HasNote(const std::vector<BootNote>& notes, const char* code, const FileLine& at) {
  return std::ranges::any_of(
      notes, [&](const BootNote& note) { return note.code == code && note.at == at; });
}

TEST_CASE("boot: the later line wins, and the earlier ones are named") {
  const BootFiles boot = With({{"/etc/sysctl.d", "10-a.conf", "net.core.somaxconn=1\n"},
                               {"/etc/sysctl.d", "99-x.conf", "#\n\nnet/core/somaxconn = 2 \r\n"},
                               {"/usr/lib/sysctl.d", "50-b.conf", "net.core.somaxconn=3"}});
  for (const auto& resolve : {ResolveSystemdSysctl, ResolveProcps}) {
    const BootValue value = Only(resolve(boot, SomeKeys()), "net.core.somaxconn");
    CHECK(value.assigned);
    CHECK(value.exists);
    CHECK(value.value == "2");
    CHECK(value.winner == FileLine{"/etc/sysctl.d/99-x.conf", 3});
    CHECK(value.losers ==
          std::vector<BootLoser>{{{"/etc/sysctl.d/10-a.conf", 1}, "1", LostBy::kLaterLine},
                                 {{"/usr/lib/sysctl.d/50-b.conf", 1}, "3", LostBy::kLaterLine}});
  }
}

TEST_CASE("boot: a file of the same name in an earlier folder masks, an empty one too") {
  const BootFiles boot = With({{"/etc/sysctl.d", "50-v.conf", ""},
                               {"/run/sysctl.d", "60-w.conf", "vm.swappiness = 1\n"},
                               {"/usr/lib/sysctl.d", "50-v.conf", "net.core.rmem_max = 5\n"},
                               {"/usr/lib/sysctl.d", "60-w.conf", "\nvm.swappiness = 2\n"}});
  const BootResolution resolution = ResolveSystemdSysctl(boot, SomeKeys());
  const BootValue masked = Only(resolution, "net.core.rmem_max");
  CHECK_FALSE(masked.assigned);
  CHECK(masked.losers ==
        std::vector<BootLoser>{{{"/usr/lib/sysctl.d/50-v.conf", 1}, "5", LostBy::kMaskedFile}});
  const BootValue replaced = Only(resolution, "vm.swappiness");
  CHECK(replaced.value == "1");
  CHECK(replaced.losers ==
        std::vector<BootLoser>{{{"/usr/lib/sysctl.d/60-w.conf", 2}, "2", LostBy::kMaskedFile}});
  CHECK(HasNote(resolution.notes, "masked", {"/usr/lib/sysctl.d/50-v.conf", 0}));
  CHECK(resolution.files ==
        std::vector<std::string>{"/etc/sysctl.d/50-v.conf", "/run/sysctl.d/60-w.conf"});
}

TEST_CASE("boot: a key's own line beats a later glob") {
  const BootFiles boot = With({{"/etc/sysctl.d", "a.conf",
                                "net.ipv4.conf.eth0.rp_filter = 1\n"
                                "net.ipv4.conf.*.rp_filter = 2\n"
                                "-net.ipv4.conf.all.rp_filter\n"}});
  for (const auto& resolve : {ResolveSystemdSysctl, ResolveProcps}) {
    const BootResolution resolution = resolve(boot, SomeKeys());
    const BootValue named = Only(resolution, "net.ipv4.conf.eth0.rp_filter");
    CHECK(named.value == "1");
    CHECK(named.losers ==
          std::vector<BootLoser>{{{"/etc/sysctl.d/a.conf", 2}, "2", LostBy::kNamedKey}});
    const BootValue dotted = Only(resolution, "net.ipv4.conf.eth0/100.rp_filter");
    CHECK(dotted.value == "2");
    CHECK(dotted.glob == "net.ipv4.conf.*.rp_filter");
    const BootValue excluded = Only(resolution, "net.ipv4.conf.all.rp_filter");
    CHECK_FALSE(excluded.assigned);
    CHECK(excluded.losers ==
          std::vector<BootLoser>{{{"/etc/sysctl.d/a.conf", 2}, "2", LostBy::kExclusion}});
  }
}

TEST_CASE("boot: an exclusion after an assignment takes it back for systemd only") {
  const BootFiles boot = With({{"/etc/sysctl.d", "a.conf", "vm.swappiness = 1\n-vm.swappiness\n"}});
  CHECK_FALSE(Only(ResolveSystemdSysctl(boot, SomeKeys()), "vm.swappiness").assigned);
  CHECK(Only(ResolveProcps(boot, SomeKeys()), "vm.swappiness").value == "1");
}

TEST_CASE("boot: repeating a glob with the same value does not move it") {
  const BootFiles boot = With({{"/etc/sysctl.d", "a.conf",
                                "net.ipv4.conf.*.rp_filter = 1\n"
                                "net.ipv4.conf.eth*.rp_filter = 2\n"
                                "net.ipv4.conf.*.rp_filter = 1\n"}});
  const BootValue systemd =
      Only(ResolveSystemdSysctl(boot, SomeKeys()), "net.ipv4.conf.eth0.rp_filter");
  CHECK(systemd.value == "2");
  CHECK(Only(ResolveProcps(boot, SomeKeys()), "net.ipv4.conf.eth0.rp_filter").value == "1");
}

TEST_CASE("boot: sysctl.conf is procps' last file, and systemd does not read it") {
  BootFiles boot = With({{"/etc/sysctl.d", "99-zz.conf", "net.core.somaxconn = 4096\n"}});
  boot.sysctl_conf = BootFile{"/etc", "sysctl.conf", "net.core.somaxconn = 128\n"};
  const BootResolution systemd = ResolveSystemdSysctl(boot, SomeKeys());
  const BootResolution procps = ResolveProcps(boot, SomeKeys());
  CHECK(Only(systemd, "net.core.somaxconn").value == "4096");
  CHECK(Only(procps, "net.core.somaxconn").winner == FileLine{"/etc/sysctl.conf", 1});
  const auto disagreements = CompareLoaders(systemd, procps);
  REQUIRE(disagreements.size() == 1);
  CHECK(disagreements[0].systemd->value == "4096");
  CHECK(disagreements[0].procps->value == "128");
}

TEST_CASE("boot: values that the kernel reads alike are no disagreement") {
  BootFiles boot = With({{"/etc/sysctl.d", "a.conf", "net.ipv4.tcp_rmem = 4096 8192  16384\n"}});
  boot.sysctl_conf = BootFile{"/etc", "sysctl.conf", "net.ipv4.tcp_rmem=4096\t8192\t16384\n"};
  CHECK(CompareLoaders(ResolveSystemdSysctl(boot, SomeKeys()), ResolveProcps(boot, SomeKeys()))
            .empty());
}

TEST_CASE("boot: hidden files are read by procps and passed over by systemd") {
  const BootFiles boot = With({{"/etc/sysctl.d", ".h.conf", "vm.swappiness = 9\n"}});
  CHECK(ResolveSystemdSysctl(boot, SomeKeys()).values.empty());
  CHECK(Only(ResolveProcps(boot, SomeKeys()), "vm.swappiness").value == "9");
}

TEST_CASE("boot: lines that do nothing are said") {
  const BootFiles boot = With({{"/etc/sysctl.d", "a.conf",
                                "just words\n"
                                "-net.ipv4.conf.eth*.rp_filter\n"
                                "net.ipv4.conf.*.rp_filter = 1\n"
                                "net.core.no such = 1\n"}});
  const BootResolution resolution = ResolveSystemdSysctl(boot, SomeKeys());
  CHECK(HasNote(resolution.notes, "not_an_assignment", {"/etc/sysctl.d/a.conf", 1}));
  CHECK(HasNote(resolution.notes, "glob_excludes_nothing", {"/etc/sysctl.d/a.conf", 2}));
  CHECK(HasNote(resolution.notes, "no_such_name", {"/etc/sysctl.d/a.conf", 4}));
  CHECK(Only(resolution, "net.ipv4.conf.eth0.rp_filter").value == "1");
}

TEST_CASE("boot: a key that is not there is resolved and marked") {
  const BootFiles boot =
      With({{"/etc/sysctl.d", "a.conf", "-net.netfilter.nf_conntrack_max = 7\n"}});
  const BootValue value =
      Only(ResolveSystemdSysctl(boot, SomeKeys()), "net.netfilter.nf_conntrack_max");
  CHECK(value.assigned);
  CHECK_FALSE(value.exists);
  CHECK(value.ignore_failure);
}

TEST_CASE("boot: a megabyte of lines and globs") {
  std::string text;
  for (int i = 0; text.size() < 1024 * 1024; ++i) {
    text += i % 2 == 0 ? "net.core.somaxconn = " : "net.ipv4.conf.*.rp_filter = ";
    text += std::to_string(i) + "\n";
  }
  const BootFiles boot = With({{"/etc/sysctl.d", "a.conf", text}});
  for (const auto& resolve : {ResolveSystemdSysctl, ResolveProcps}) {
    const BootResolution resolution = resolve(boot, SomeKeys());
    CHECK(Only(resolution, "net.core.somaxconn").losers.size() > 10000);
  }
}

TEST_CASE("boot files: folders, masks, modules, udev's rules and credentials") {
  FakeFiles files;
  files.Put("/t/etc/sysctl.d/10-a.conf", "a = 1\n");
  files.Put("/t/etc/sysctl.d/README", "not read\n");
  files.PutLink("/t/etc/sysctl.d/20-b.conf", "/nowhere");
  files.Put("/t/usr/lib/sysctl.d/10-a.conf", "a = 2\n");
  files.Put("/t/lib/sysctl.d/10-a.conf", "a = 2\n");
  files.Put("/t/lib/sysctl.d/30-own.conf", "c = 2\n");
  files.Put("/t/etc/sysctl.conf", "b = 1\n");
  files.Put("/t/etc/modules-load.d/k8s.conf", "# for pods\nbr-netfilter\n");
  files.Put("/t/usr/lib/modules-load.d/k8s.conf", "masked\n");
  files.Put("/t/proc/cmdline", "quiet modules_load=tcp_bbr,sch_fq root=/dev/vda\n");
  files.Put("/t/lib/modules/6.1.0/modules.builtin", "kernel/net/ipv4/tcp_htcp.ko\n");
  files.Put("/t/lib/udev/rules.d/99-systemd.rules",
            "# systemd-sysctl\n"
            "ACTION==\"add\", SUBSYSTEM==\"net\", KERNEL!=\"lo\", "
            "RUN+=\"/lib/systemd/systemd-sysctl --prefix=/net/ipv4/conf/$name\"\n"
            "ACTION==\"add\", SUBSYSTEM==\"module\", KERNEL==\"nf_conntrack\", "
            "RUN+=\"/lib/systemd/systemd-sysctl --prefix=/net/netfilter\"\n");
  files.Put("/t/run/credentials/@system/sysctl.extra", "x = 1\n");
  const BootFiles boot = ReadBootFiles(files, "/t", "6.1.0");

  std::vector<std::string> paths;
  for (const BootFile& file : boot.sysctl_d) paths.push_back(file.path());
  CHECK(paths == std::vector<std::string>{"/etc/sysctl.d/10-a.conf", "/etc/sysctl.d/20-b.conf",
                                          "/usr/lib/sysctl.d/10-a.conf",
                                          "/lib/sysctl.d/30-own.conf"});
  REQUIRE(boot.sysctl_conf);
  CHECK(boot.sysctl_conf->path() == "/etc/sysctl.conf");
  CHECK(boot.early_modules ==
        std::vector<std::string>{"br_netfilter", "sch_fq", "tcp_bbr", "tcp_htcp"});
  CHECK(boot.interfaces_reapplied);
  REQUIRE(boot.reapplies.size() == 1);
  CHECK(boot.reapplies[0].module == "nf_conntrack");
  CHECK(boot.reapplies[0].prefixes == std::vector<std::string>{"net/netfilter"});
  CHECK(HasNote(boot.notes, "credential_not_read", {"/run/credentials/@system/sysctl.extra", 0}));
}

TEST_CASE("boot timing: interfaces and modules") {
  BootFiles boot;
  const auto systemd = BootLoader::kSystemdSysctl;
  CHECK(TimingOf(Key("net.core.somaxconn"), systemd, boot) == BootTiming::kAtLoad);
  CHECK(TimingOf(Key("net.ipv4.conf.all.rp_filter"), systemd, boot) == BootTiming::kAtLoad);
  const SysctlKey eth0 = Key("net.ipv4.conf.eth0.rp_filter");
  CHECK(TimingOf(eth0, systemd, boot) == BootTiming::kOnlyIfPresent);
  boot.interfaces_reapplied = true;
  CHECK(TimingOf(eth0, systemd, boot) == BootTiming::kWithInterface);
  CHECK(TimingOf(eth0, BootLoader::kProcps, boot) == BootTiming::kOnlyIfPresent);
}

TEST_CASE("glob over keys follows glob(3)") {
  const BootKeys keys{SomeKeys()};
  CHECK(keys.Glob("net/core/*max*").size() == 2);
  CHECK(keys.Glob("net/*").empty());
  CHECK(keys.Glob("net/ipv4/conf/eth?/rp_filter") ==
        std::vector<std::string>{"net/ipv4/conf/eth0/rp_filter"});
  CHECK(keys.Glob("net//core/[!s]*") == std::vector<std::string>{"net//core/rmem_max"});
  CHECK(keys.Resolve("net/../net//core/./somaxconn") == "net/core/somaxconn");
  CHECK_FALSE(keys.Resolve("net/core/somaxconn/"));
  CHECK_FALSE(keys.Resolve("../net/core/somaxconn"));
}

TEST_CASE("braces expand as GLOB_BRACE does") {
  const auto expand = [](const char* text) { return ExpandBraces(text, 100).value(); };
  CHECK(expand("a{b,c}d") == std::vector<std::string>{"abd", "acd"});
  CHECK(expand("{{a,b}x,c}") == std::vector<std::string>{"ax", "bx", "c"});
  CHECK(expand("a{b") == std::vector<std::string>{"a{b"});
  CHECK(expand("\\{a,b}") == std::vector<std::string>{"\\{a,b}"});
  CHECK_FALSE(ExpandBraces("{a,b}{a,b}{a,b}{a,b}", 8));
}

}  // namespace
}  // namespace tunewire
