#include "cli/recording_file.h"

#include "cli/output_file.h"

namespace tunewire {
namespace {

/// It names peers and programs: nobody else's business until its owner hands it out.
constexpr std::uint32_t kMode = 0600;
constexpr std::size_t kPiece = std::size_t{1} << 20;
constexpr std::size_t kMost = std::size_t{1} << 30;

}  // namespace

RecordingFile::RecordingFile(Session& session, std::string path)
    : session_(session), path_(std::move(path)), beside_(path_ + ".new") {}

RecordingFile::~RecordingFile() {
  if (open_) (void)session_.machine().files.Remove(beside_);
}

Status RecordingFile::Open() {
  if (Status writable = CheckOutput(session_, path_); !writable) return writable;
  if (Status created = session_.machine().files.Create(beside_, "", kMode, 0); !created)
    return created;
  open_ = true;
  return {};
}

Status RecordingFile::Write(std::string_view bytes) {
  if (written_ + pending_.size() + bytes.size() > kMost) {
    Error error;
    error.kind = ErrorKind::kIo;
    error.code = "recording_full";
    error.message = "the recording would be larger than 1 GiB";
    error.subject = path_;
    error.hint = "choose fewer sockets (--pid, --port), or a shorter --for";
    return Fail(std::move(error));
  }
  pending_ += bytes;
  return pending_.size() < kPiece ? Status() : Flush();
}

Status RecordingFile::Flush() {
  Status status = session_.machine().files.WriteAt(beside_, written_, pending_);
  written_ += pending_.size();
  pending_.clear();
  return status;
}

Status RecordingFile::Finish() {
  if (Status flushed = Flush(); !flushed) return flushed;
  if (Status renamed = session_.machine().files.Rename(beside_, path_); !renamed) return renamed;
  open_ = false;
  return {};
}

}  // namespace tunewire
