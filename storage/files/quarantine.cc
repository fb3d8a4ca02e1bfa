#include "storage/files/quarantine.h"

#include "storage/files/files.h"

namespace cairn::storage {
namespace {

Result<std::string> FreeNameInQuarantine(const std::string& directory, const std::string& name) {
  const std::string quarantine = directory + "/quarantine";
  if (Status made = MakeDirectories(quarantine); !made.ok()) {
    return made;
  }
  for (int number = 1;; ++number) {
    std::string path = quarantine + "/" + name + "-" + std::to_string(number);
    const Result<bool> taken = Exists(path);
    if (!taken.ok()) {
      return taken.status();
    }
    if (!taken.value()) {
      return path;
    }
  }
}

}  // namespace

Result<std::string> MoveToQuarantine(const std::string& directory, const std::string& name) {
  const std::string absolute = AbsolutePath(directory);
  const Result<std::string> to = FreeNameInQuarantine(absolute, name);
  if (!to.ok()) {
    return to.status();
  }
  const Status moved = MoveDurably(absolute + "/" + name, to.value());
  return moved.ok() ? to : Result<std::string>(moved);
}

Result<std::string> KeepInQuarantine(const std::string& directory, const std::string& name,
                                     const std::string& bytes) {
  const Result<std::string> to = FreeNameInQuarantine(AbsolutePath(directory), name);
  if (!to.ok()) {
    return to.status();
  }
  const Status kept = ReplaceFile(to.value(), bytes);
  return kept.ok() ? to : Result<std::string>(kept);
}

}  // namespace cairn::storage
