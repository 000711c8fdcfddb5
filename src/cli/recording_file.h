// The file that --record writes: piece by piece beside its name, and renamed once it is whole.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cli/session.h"

namespace tunewire {

class RecordingFile {
 public:
  RecordingFile(Session& session, std::string path);
  RecordingFile(const RecordingFile&) = delete;
  RecordingFile& operator=(const RecordingFile&) = delete;
  /// What was not finished is removed.
  ~RecordingFile();

  /// Errors: system errors, "not_a_file" where the name is taken by something else.
  Status Open();
  /// Errors: system errors; kIo "recording_full" above 1 GiB.
  Status Write(std::string_view bytes);
  Status Finish();

 private:
  Status Flush();

  Session& session_;
  std::string path_, beside_, pending_;
  std::size_t written_ = 0;
  bool open_ = false;
};

}  // namespace tunewire
