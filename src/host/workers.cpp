#include "tunewire/host/workers.h"

#include <pthread.h>

#include <condition_variable>
#include <mutex>
#include <utility>

namespace tunewire {

struct Workers::State {
  explicit State(std::size_t bound) : most(bound) {}

  bool Enter() {
    const std::scoped_lock lock(mutex);
    if (at_work >= most) return false;
    ++at_work;
    return true;
  }

  // Told under the lock: once it is free, the waiting owner may take all of this away.
  void Leave() {
    const std::scoped_lock lock(mutex);
    --at_work;
    changed.notify_all();
  }

  const std::size_t most;
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::size_t at_work = 0;
};

namespace {

struct Job {
  std::function<void()> run;
  std::function<void()> leave;
};

void* RunJob(void* given) {
  const std::unique_ptr<Job> job(static_cast<Job*>(given));
  job->run();
  job->run = nullptr;  // what it holds ends before its owner may think that all is over
  job->leave();
  return nullptr;
}

int StartThread(Job* job) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, Workers::kStackBytes);
  pthread_t thread{};
  const int os_error = pthread_create(&thread, &attributes, RunJob, job);
  pthread_attr_destroy(&attributes);
  return os_error;
}

}  // namespace

Workers::Workers(std::size_t most) : state_(std::make_unique<State>(most)) {}

Workers::~Workers() {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [this] { return state_->at_work == 0; });
}

std::size_t Workers::AtWork() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->at_work;
}

Status Workers::Start(std::function<void()> job) {
  if (!state_->Enter()) {
    return Fail({.kind = ErrorKind::kBusy, .code = "busy", .message = "as many jobs as allowed"});
  }
  auto owned = std::make_unique<Job>(
      Job{.run = std::move(job), .leave = [state = state_.get()] { state->Leave(); }});
  if (const int os_error = StartThread(owned.get()); os_error != 0) {
    state_->Leave();
    return Fail(SystemError("pthread_create", "a thread", os_error));
  }
  static_cast<void>(owned.release());  // now the thread's
  return {};
}

}  // namespace tunewire
