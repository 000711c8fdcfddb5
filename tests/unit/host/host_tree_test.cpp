#include "host/host_tree.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace tunewire {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "tunewire-host-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void Put(const char* name, const std::string& text) const {
    const fs::path file = path_ / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  [[nodiscard]] const fs::path& path() const { return path_; }
  [[nodiscard]] HostTree Open() const { return HostTree::Open(path_.string()).value(); }

 private:
  fs::path path_;
};

TEST_CASE("files of a captured tree") {
  const Folder folder;
  folder.Put("proc/a", " 12 \n");
  folder.Put("proc/b", "x\ny\n");
  const HostTree tree = folder.Open();
  CHECK_FALSE(tree.running());
  CHECK(*tree.Read("proc/a") == " 12 \n");
  CHECK(*tree.Line("proc/a") == "12");
  CHECK(tree.Number("proc/a") == 12U);
  CHECK_FALSE(tree.Number("proc/b"));
  CHECK(*tree.Head("proc/b", 2) == "x\n");
  CHECK(*tree.Names("proc") == std::vector<std::string>{"a", "b"});
  CHECK(tree.Has("proc/a"));
  CHECK(tree.Has("proc"));
  CHECK_FALSE(tree.Has("proc/c"));
  CHECK(tree.Net("snmp") == "proc/net/snmp");
}

TEST_CASE("why something cannot be read is said in one form") {
  const Folder folder;
  folder.Put("proc/folder/file", "");
  folder.Put("proc/file", std::string((1 << 20) + 1, 'x'));
  const HostTree tree = folder.Open();
  CHECK(tree.Read("proc/none").why() == "/proc/none: no such file");
  CHECK(tree.Read("proc/file/below").why() == "/proc/file/below: no such file");
  CHECK(tree.Read("proc/folder").why() == "/proc/folder: no such file");
  CHECK(tree.Read("proc/file").why() == "/proc/file: more than 1 MiB");
  CHECK(tree.Names("proc/none").why() == "/proc/none: no such folder");
  CHECK(tree.Names("proc/file").why() == "/proc/file: no such file");
  CHECK(WhyNot("a", EACCES) == "/a: permission denied");
  CHECK(WhyNot("a", EIO).starts_with("/a: "));
  CHECK(NotAsExpected("a", "bad\nline") == "/a: not as expected: 'bad'");
  CHECK(HostTree::Nowhere().Read("x").why() == "/x: no such file");
  CHECK_FALSE(HostTree::Nowhere().Has("x"));
  CHECK_FALSE(HostTree::Open((folder.path() / "none").string()));
}

TEST_CASE("nothing leads out of a captured tree, and what is no file is not read") {
  const Folder folder;
  folder.Put("usr/lib/os-release", "inside");
  folder.Put("etc/x", "");
  REQUIRE(::symlink("../usr/lib/os-release", (folder.path() / "etc/os-release").c_str()) == 0);
  REQUIRE(::symlink("/usr/lib/os-release", (folder.path() / "etc/absolute").c_str()) == 0);
  REQUIRE(::symlink("/etc/passwd", (folder.path() / "etc/outside").c_str()) == 0);
  REQUIRE(::symlink("loop", (folder.path() / "etc/loop").c_str()) == 0);
  ::mkfifo((folder.path() / "etc/pipe").c_str(), 0600);
  const HostTree tree = folder.Open();
  CHECK(*tree.Read("etc/os-release") == "inside");
  CHECK(*tree.Read("etc/absolute") == "inside");
  CHECK_FALSE(tree.Read("etc/outside"));
  CHECK_FALSE(tree.Read("../../../etc/passwd"));
  CHECK_FALSE(tree.Read("etc/loop"));
  CHECK_FALSE(tree.Read("etc/pipe"));  // and does not wait for a writer
}

TEST_CASE("the running host's root") {
  const HostTree tree = HostTree::Open("/").value();
  CHECK(tree.running());
  CHECK(tree.Read("proc/self/stat"));
  CHECK(tree.Net("snmp") == "proc/thread-self/net/snmp");
  CHECK(tree.Head("proc/cpuinfo", 8192)->size() > 10);
}

}  // namespace
}  // namespace tunewire
