#pragma once
// The file of a scenario, in the manner of data-driven tests:
//
//     # A comment in whole sentences, anywhere between two blocks.
//
//     a command a line
//     and another one
//     ----
//     what came of them, up to an empty line
//
// It can be written back with other outputs; comments and commands stay as they are.

#include <filesystem>
#include <string>
#include <vector>

#include "common/status.h"

namespace cairn::scenarios {

struct CaseBlock {
  std::size_t line = 0;             ///< Of the first command, from 1.
  std::vector<std::string> before;  ///< Comments and empty lines in front of it, as they are.
  std::vector<std::string> commands;
  std::vector<std::string> output;
};

struct CaseFile {
  std::vector<CaseBlock> blocks;
  std::vector<std::string> after;  ///< What follows the last block.
};

[[nodiscard]] Result<CaseFile> ParseCase(const std::string& text);
[[nodiscard]] std::string RenderCase(const CaseFile& file);
[[nodiscard]] Result<std::string> ReadText(const std::filesystem::path& path);
[[nodiscard]] Status WriteText(const std::filesystem::path& path, const std::string& text);
[[nodiscard]] std::vector<std::string> LinesOf(const std::string& text);

}  // namespace cairn::scenarios
