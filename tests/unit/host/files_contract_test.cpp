// One contract over files on disk and the fake; then what only each of them can show.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <string>
#include <vector>

#include "support/fake_files.h"
#include "support/faults.h"
#include "support/temp_folder.h"
#include "tunewire/host/files.h"

namespace tunewire {
namespace {

struct Place {
  Files& files;
  std::string root;
  std::function<void(const std::string& from, const std::string& to)> link;

  std::string operator/(const std::string& name) const { return root + "/" + name; }
};

std::string Bytes(const Place& at, const std::string& name) {
  const Result<FileContent> content = at.files.Read(at / name, 1 << 20);
  return content ? content->bytes : "error " + content.error().code;
}

std::string CodeOf(const Status& status) { return status ? "ok" : status.error().code; }

void CreatesOnlyWhatIsNotThere(Place& at) {
  CHECK(at.files.Create(at / "a", "hello", 0640, 0).has_value());
  CHECK(Bytes(at, "a") == "hello");
  CHECK(at.files.Read(at / "a", 10)->mode == 0640);
  const Status again = at.files.Create(at / "a", "x", 0600, 0);
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().os_error == EEXIST);
  CHECK(Bytes(at, "a") == "hello");
  CHECK(CodeOf(at.files.Create(at / "no/such/folder", "x", 0600, 0)) == "no_such_file");
}

void ReservesZerosBehindTheContent(Place& at) {
  REQUIRE(at.files.Create(at / "a", "head", 0600, 6).has_value());
  CHECK(Bytes(at, "a") == std::string("head") + std::string(6, '\0'));
  CHECK(at.files.WriteAt(at / "a", 4, "tail").has_value());
  CHECK(Bytes(at, "a") == std::string("headtail") + std::string(2, '\0'));
  CHECK(at.files.WriteAt(at / "a", 8, "longer").has_value());
  CHECK(Bytes(at, "a") == "headtaillonger");
}

void ReadHasALimit(Place& at) {
  REQUIRE(at.files.Create(at / "a", "12345", 0600, 0).has_value());
  CHECK(at.files.Read(at / "a", 5)->bytes == "12345");
  const Result<FileContent> content = at.files.Read(at / "a", 4);
  REQUIRE_FALSE(content.has_value());
  CHECK(content.error().code == "too_large");
  CHECK(content.error().kind == ErrorKind::kInvalid);
}

void MissingFilesAreNotFound(Place& at) {
  CHECK(Bytes(at, "none") == "error no_such_file");
  CHECK(at.files.Read(at / "none", 1).error().kind == ErrorKind::kNotFound);
  CHECK(CodeOf(at.files.WriteAt(at / "none", 0, "x")) == "no_such_file");
  CHECK(CodeOf(at.files.Sync(at / "none")) == "no_such_file");
  CHECK(CodeOf(at.files.Remove(at / "none")) == "no_such_file");
  CHECK(CodeOf(at.files.Rename(at / "none", at / "b")) == "no_such_file");
  CHECK(CodeOf(at.files.SyncFolder(at / "none")) == "no_such_file");
  CHECK(at.files.List(at / "none")->empty());
}

void RenamesOverAnExistingFile(Place& at) {
  REQUIRE(at.files.Create(at / "old", "old", 0600, 0).has_value());
  REQUIRE(at.files.Create(at / "new", "new", 0600, 0).has_value());
  CHECK(at.files.Rename(at / "new", at / "old").has_value());
  CHECK(Bytes(at, "old") == "new");
  CHECK(Bytes(at, "new") == "error no_such_file");
  CHECK(at.files.Remove(at / "old").has_value());
  CHECK(at.files.List(at.root)->empty());
}

void MakesFoldersOnce(Place& at) {
  CHECK(at.files.MakeFolders(at / "x/y/z", 0755).has_value());
  CHECK(at.files.MakeFolders(at / "x/y/z", 0755).has_value());
  REQUIRE(at.files.Create(at / "x/y/f", "1", 0600, 0).has_value());
  CHECK(at.files.List(at / "x/y").value() == std::vector<std::string>{"f", "z"});
  CHECK_FALSE(at.files.MakeFolders(at / "x/y/f", 0755).has_value());
  CHECK(at.files.SyncFolder(at / "x/y").has_value());
}

void FoldersAreNoFiles(Place& at) {
  REQUIRE(at.files.MakeFolders(at / "folder", 0755).has_value());
  CHECK(Bytes(at, "folder") == "error not_a_file");
}

void LinksAreReadAndNotChanged(Place& at) {
  REQUIRE(at.files.Create(at / "real", "text", 0600, 0).has_value());
  at.link(at / "real", at / "link");
  CHECK(Bytes(at, "link") == "text");
  CHECK(CodeOf(at.files.WriteAt(at / "link", 0, "x")) == "symbolic_link");
  CHECK(CodeOf(at.files.Sync(at / "link")) == "symbolic_link");
  CHECK(CodeOf(at.files.Remove(at / "link")) == "symbolic_link");
  CHECK(CodeOf(at.files.Rename(at / "link", at / "b")) == "symbolic_link");
  CHECK(CodeOf(at.files.Rename(at / "real", at / "link")) == "symbolic_link");
  CHECK(at.files.Create(at / "link", "x", 0600, 0).error().os_error == EEXIST);
  CHECK(Bytes(at, "real") == "text");
}

struct Clause {
  const char* says;
  std::function<void(Place&)> check;
};

const std::vector<Clause> kContract{
    {"create", CreatesOnlyWhatIsNotThere},
    {"reserve", ReservesZerosBehindTheContent},
    {"limit", ReadHasALimit},
    {"missing", MissingFilesAreNotFound},
    {"rename", RenamesOverAnExistingFile},
    {"folders", MakesFoldersOnce},
    {"a folder is no file", FoldersAreNoFiles},
    {"links", LinksAreReadAndNotChanged},
};

}  // namespace

TEST_CASE("files contract: fake") {
  for (const Clause& clause : kContract) {
    INFO(std::string(clause.says));
    FakeFiles files;
    REQUIRE(files.MakeFolders("/root", 0755).has_value());
    Place place{files, "/root",
                [&](const std::string& from, const std::string& to) { files.PutLink(to, from); }};
    clause.check(place);
  }
}

TEST_CASE("files contract: disk") {
  for (const Clause& clause : kContract) {
    INFO(std::string(clause.says));
    const TempFolder folder;
    const std::unique_ptr<Files> files = LinuxFiles();
    Place place{*files, folder.path(), [](const std::string& from, const std::string& to) {
                  REQUIRE(::symlink(from.c_str(), to.c_str()) == 0);
                }};
    clause.check(place);
  }
}

TEST_CASE("files on disk: pipes and devices are refused, without waiting") {
  const TempFolder folder;
  const std::unique_ptr<Files> files = LinuxFiles();
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(files->Read(folder / "pipe", 10).error().code == "not_a_file");
  CHECK(files->Read("/dev/zero", 10).error().code == "not_a_file");
  CHECK_FALSE(files->WriteAt(folder / "pipe", 0, "x").has_value());
  CHECK_FALSE(files->Sync(folder / "pipe").has_value());
}

TEST_CASE("files on disk: modes are exact, whatever the umask") {
  const TempFolder folder;
  const std::unique_ptr<Files> files = LinuxFiles();
  const mode_t before = ::umask(077);
  const Status made = files->MakeFolders(folder / "a/b", 0755);
  const Status created = files->Create(folder / "a/b/c", "", 0644, 0);
  ::umask(before);
  REQUIRE(made.has_value());
  REQUIRE(created.has_value());
  for (const char* name : {"a", "a/b"}) {
    struct stat status {};
    REQUIRE(::stat((folder / name).c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0755);
  }
  CHECK(files->Read(folder / "a/b/c", 1)->mode == 0644);
}

TEST_CASE("files on disk: the reserve is real room") {
  const TempFolder folder;
  const std::unique_ptr<Files> files = LinuxFiles();
  REQUIRE(files->Create(folder / "a", "x", 0600, 1 << 20).has_value());
  struct stat status {};
  REQUIRE(::stat((folder / "a").c_str(), &status) == 0);
  CHECK(status.st_size == 1 + (1 << 20));
  CHECK(status.st_blocks * 512 >= 1 << 20);
}

TEST_CASE("files on disk: procfs files that claim no size are read whole") {
  const Result<FileContent> content = LinuxFiles()->Read("/proc/self/stat", 65536);
  REQUIRE(content.has_value());
  CHECK(content->bytes.size() > 10);
}

TEST_CASE("files on disk: a NUL byte names no file") {
  const TempFolder folder;
  folder.Put("a", "secret");
  const std::string name = folder / "a" + std::string(1, '\0') + ".json";
  const std::unique_ptr<Files> files = LinuxFiles();
  CHECK(files->Read(name, 10).error().code == "no_such_file");
  CHECK_FALSE(files->Remove(name).has_value());
  CHECK_FALSE(files->Create(name, "x", 0600, 0).has_value());
  CHECK(folder.Get("a") == "secret");
}

TEST_CASE("fake files: a crash loses what was not synced") {
  const auto after = [](CrashKind kind, bool sync_file, bool sync_folder) {
    FakeFiles files;
    files.Put("/d/old", "old");
    REQUIRE(files.Create("/d/new", "12345678", 0600, 0).has_value());
    if (sync_file) REQUIRE(files.Sync("/d/new").has_value());
    if (sync_folder) REQUIRE(files.SyncFolder("/d").has_value());
    files.Crash(kind);
    const auto contents = files.Contents();
    const auto found = contents.find("/d/new");
    return found == contents.end() ? "gone" : found->second;
  };
  CHECK(after(CrashKind::kProcessDies, false, false) == "12345678");
  CHECK(after(CrashKind::kLosesUnsynced, false, false) == "gone");
  CHECK(after(CrashKind::kLosesUnsynced, true, false) == "gone");
  CHECK(after(CrashKind::kLosesUnsynced, false, true) == "");
  CHECK(after(CrashKind::kLosesUnsynced, true, true) == "12345678");
  CHECK(after(CrashKind::kNamesOutrunContent, false, false) == "");
  CHECK(after(CrashKind::kNamesOutrunContent, true, false) == "12345678");
  CHECK(after(CrashKind::kTornContent, false, true) == "1234");
  CHECK(after(CrashKind::kTornContent, true, true) == "12345678");
}

TEST_CASE("fake files: an unsynced rename may come undone") {
  for (const bool synced : {false, true}) {
    FakeFiles files;
    files.Put("/d/a", "old");
    REQUIRE(files.Create("/d/a.tmp", "new", 0600, 0).has_value());
    REQUIRE(files.Sync("/d/a.tmp").has_value());
    REQUIRE(files.SyncFolder("/d").has_value());
    REQUIRE(files.Rename("/d/a.tmp", "/d/a").has_value());
    if (synced) REQUIRE(files.SyncFolder("/d").has_value());
    files.Crash(CrashKind::kLosesUnsynced);
    CHECK(files.Contents().at("/d/a") == (synced ? "new" : "old"));
    CHECK(files.Contents().contains("/d/a.tmp") == !synced);
  }
}

TEST_CASE("fake files: a full disk") {
  FakeFiles files;
  files.Put("/d/a", "1234");
  files.LimitDisk(10);
  CHECK(files.Create("/d/b", "123", 0600, 4).error().os_error == ENOSPC);
  CHECK_FALSE(files.Contents().contains("/d/b"));
  REQUIRE(files.Create("/d/c", "123", 0600, 1).has_value());
  CHECK(files.WriteAt("/d/c", 3, "4").has_value());
  CHECK(files.WriteAt("/d/c", 3, "456789").error().os_error == ENOSPC);
  CHECK(files.Contents().at("/d/c") ==
        "12345"
        "6");
}

}  // namespace tunewire
