#include "node/disk_watch.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "common/limits.h"

namespace cairn::node {
namespace {

constexpr Micros kSecond = 1'000'000;
constexpr Micros kWeighEvery = 5 * kSecond;
constexpr Micros kComplainEvery = 60 * kSecond;
constexpr Micros kSlowMedian = 100'000;
constexpr Micros kSlowWorst = kSecond;

/// "vda1", or "8:1" where the kernel names no device.
std::string DeviceOf(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return "unknown";
  }
  const std::string numbers = fmt::format("{}:{}", major(status.st_dev), minor(status.st_dev));
  std::error_code error;
  const auto link = std::filesystem::read_symlink("/sys/dev/block/" + numbers, error);
  return error ? numbers : link.filename().string();
}

replica::Room RoomFor(std::uint64_t free, replica::Room before) {
  using Room = replica::Room;
  if (free >= (before == Room::kFree ? kDiskReserveBytes : kDiskRoomBytes)) {
    return Room::kFree;
  }
  // As much apart as the other two, in proportion.
  const std::uint64_t floor = before == Room::kNone ? kDiskFloorBytes / 4 * 5 : kDiskFloorBytes;
  return free >= floor ? Room::kReserve : Room::kNone;
}

double Milliseconds(Micros duration) { return static_cast<double>(duration) / 1000; }

}  // namespace

DiskWatch::DiskWatch(std::string directory)
    : directory_(std::move(directory)), device_(DeviceOf(directory_)) {}

std::optional<std::string> DiskWatch::Complaint(Micros now) {
  if (syncs_.empty() || now - weighed_at_ < kWeighEvery) {
    return std::nullopt;
  }
  weighed_at_ = now;
  std::vector<Micros> syncs = std::exchange(syncs_, {});
  const auto middle = syncs.begin() + static_cast<std::ptrdiff_t>(syncs.size() / 2);
  std::nth_element(syncs.begin(), middle, syncs.end());
  const Micros median = *middle;
  const Micros worst = *std::max_element(syncs.begin(), syncs.end());
  const bool slow = median >= kSlowMedian || worst >= kSlowWorst;
  if (!slow || (complained_at_ != 0 && now - complained_at_ < kComplainEvery)) {
    return std::nullopt;
  }
  complained_at_ = now;
  return fmt::format(
      "the disk of {} (device {}) is slow: of the last {} syncs the median took {:.1f} ms and the "
      "worst {:.1f} ms; every write waits for it",
      directory_, device_, syncs.size(), Milliseconds(median), Milliseconds(worst));
}

replica::Room DiskWatch::LookForRoom(Micros now) {
  if (looked_at_ != 0 && now - looked_at_ < kSecond) {
    return room_;
  }
  looked_at_ = now;
  struct statvfs disk {};
  if (::statvfs(directory_.c_str(), &disk) != 0) {
    return room_;
  }
  free_bytes_ = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  room_ = RoomFor(free_bytes_, room_);
  return room_;
}

}  // namespace cairn::node
