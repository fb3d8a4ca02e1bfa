#include "storage/ledger/salvage_mark.h"

#include "storage/files/files.h"

namespace cairn::storage {

Status MarkForSalvage(const std::string& directory, const std::string& reason) {
  return ReplaceFile(AbsolutePath(directory) + "/" + kSalvageMark,
                     reason.substr(0, kMaxSalvageReasonBytes));
}

}  // namespace cairn::storage
