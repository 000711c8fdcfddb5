#include "host/epoll.h"

#include <sys/epoll.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

namespace tunewire {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMillisecond = 1'000'000;

}  // namespace

std::int64_t MonotonicNs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * kSecond + now.tv_nsec;
}

Epoll::Epoll() = default;
Epoll::Epoll(Epoll&&) noexcept = default;
Epoll& Epoll::operator=(Epoll&&) noexcept = default;
Epoll::~Epoll() = default;

Result<Epoll> Epoll::Make(std::size_t most) {
  Epoll made;
  made.fd_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  if (!made.fd_.valid()) return Fail(SystemError("epoll_create1", "epoll", errno));
  made.events_.resize(most);
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  return made;
}

bool Epoll::Add(int fd, std::uint64_t tag) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = tag;
  return ::epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

std::size_t Epoll::Wait(std::int64_t at_most_ns) {
  const std::int64_t held = std::max<std::int64_t>(at_most_ns, 0);
  const auto most = static_cast<int>(events_.size());
  int ready = -1;
  if (has_pwait2_) {
    const timespec patience{static_cast<std::time_t>(held / kSecond),
                            static_cast<long>(held % kSecond)};
    ready = ::epoll_pwait2(fd_.get(), events_.data(), most, &patience, nullptr);
    // Linux before 5.11, and some sandboxes, do not know it.
    has_pwait2_ = ready >= 0 || errno != ENOSYS;
  }
  if (!has_pwait2_) {
    const std::int64_t rounded =
        std::min<std::int64_t>((held + kMillisecond - 1) / kMillisecond, 60'000);
    ready = ::epoll_wait(fd_.get(), events_.data(), most, static_cast<int>(rounded));
  }
  return ready > 0 ? static_cast<std::size_t>(ready) : 0;
}

ReadySocket Epoll::Ready(std::size_t index) const {
  const epoll_event& event = events_[index];
  constexpr std::uint32_t kEnd = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  return {event.data.u64, (event.events & (EPOLLIN | kEnd)) != 0, (event.events & EPOLLOUT) != 0,
          (event.events & kEnd) != 0, (event.events & (EPOLLERR | EPOLLHUP)) != 0};
}

}  // namespace tunewire
