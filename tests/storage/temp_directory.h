#pragma once
// A directory for one test, removed at its end. A death test runs its body a second time in a
// child process; there this is the directory of the parent.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace cairn::storage {

/// Where files are fast, for tests that start hundreds of ledgers and in which no disk fails.
inline std::string MemoryDirectory() {
  const std::string memory = "/dev/shm";
  return ::access(memory.c_str(), W_OK | X_OK) == 0
             ? memory
             : std::filesystem::temp_directory_path().string();
}

class TempDirectory {
 public:
  TempDirectory() : TempDirectory(std::filesystem::temp_directory_path().string()) {}
  explicit TempDirectory(const std::string& where) {
    const std::string parent = "CAIRN_TEST_DIRECTORY_OF_" + std::to_string(::getppid());
    if (const char* path = std::getenv(parent.c_str()); path != nullptr) {
      path_ = path;
      return;
    }
    std::string pattern = where + "/cairn-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
      std::abort();
    }
    path_ = pattern;
    owner_ = true;
    const std::string self = "CAIRN_TEST_DIRECTORY_OF_" + std::to_string(::getpid());
    (void)::setenv(self.c_str(), path_.c_str(), 1);
  }
  ~TempDirectory() {
    if (owner_) {
      std::error_code ignored;
      std::filesystem::remove_all(path_, ignored);
    }
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string Sub(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
  bool owner_ = false;
};

inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void WriteFile(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

inline void FlipBit(const std::string& path, std::size_t offset) {
  std::string content = ReadFile(path);
  content.at(offset) = static_cast<char>(content.at(offset) ^ 0x10);
  WriteFile(path, content);
}

}  // namespace cairn::storage
