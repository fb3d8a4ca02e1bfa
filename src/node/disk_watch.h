#pragma once
// The disk as a node meets it: how long its syncs take, and whether there is room.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/types.h"
#include "replica/room.h"

namespace cairn::node {

class DiskWatch {
 public:
  /// `directory`: the node's, absolute.
  explicit DiskWatch(std::string directory);

  /// A commit took so long to become durable.
  void Note(Micros took) { syncs_.push_back(took); }
  /// A sentence with device, median and worst sync, if these were slow since the last call; at most
  /// once a minute.
  std::optional<std::string> Complaint(Micros now);

  /// By the limits in common/limits.h; more only when there is clearly more again. Looks at most
  /// once a second. A disk that can't be asked has room: its writes will say what is wrong.
  replica::Room LookForRoom(Micros now);
  /// As last looked.
  [[nodiscard]] std::uint64_t free_bytes() const { return free_bytes_; }

 private:
  std::string directory_;
  std::string device_;
  std::vector<Micros> syncs_;
  Micros weighed_at_ = 0;
  Micros complained_at_ = 0;
  Micros looked_at_ = 0;
  std::uint64_t free_bytes_ = 0;
  replica::Room room_ = replica::Room::kFree;
};

}  // namespace cairn::node
