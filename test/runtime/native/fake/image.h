// What the fake driver takes for code: either lines such as
//   kernel append params=8,4 registers=32 shared=0 local=0 threads=1024
// or a real cubin, of which it reads the kernels' names and parameter layouts, so that our packing is checked against ptxas.
#pragma once

#include <elf.h>

#include <cstring>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace tilescript {

struct FakeParameter {
  size_t offset;
  size_t bytes;
};

struct FakeKernel {
  std::string name;
  std::vector<FakeParameter> params;
  int registers = 32;
  int sharedBytes = 0;
  int localBytes = 0;
  int maxThreads = 1024;
};

inline FakeKernel ReadLine(const std::string& line) {
  FakeKernel kernel;
  std::istringstream words(line);
  std::string word;
  words >> word >> kernel.name;
  while (words >> word) {
    std::string key = word.substr(0, word.find('=')), value = word.substr(word.find('=') + 1);
    if (key == "params") {
      std::istringstream sizes(value);
      size_t end = 0;
      for (std::string size; std::getline(sizes, size, ',');) {
        size_t bytes = std::stoul(size), align = bytes == 128 ? 64 : bytes;
        size_t offset = (end + align - 1) / align * align;
        kernel.params.push_back({offset, bytes});
        end = offset + bytes;
      }
    }
    std::map<std::string, int*> numbers = {{"registers", &kernel.registers},
                                           {"shared", &kernel.sharedBytes},
                                           {"local", &kernel.localBytes},
                                           {"threads", &kernel.maxThreads}};
    if (numbers.count(key)) *numbers[key] = std::stoi(value);
  }
  return kernel;
}

// The attributes of a section .nv.info.NAME: a format byte, an attribute byte, then two bytes of value or of size.
inline std::vector<FakeParameter> ReadParameters(const char* at, size_t size) {
  constexpr unsigned char sized = 4, parameterInfo = 0x17;
  std::map<unsigned, FakeParameter> found;
  for (const char* end = at + size; at + 4 <= end;) {
    unsigned char format = at[0], attribute = at[1];
    uint16_t length;
    memcpy(&length, at + 2, 2);
    at += 4;
    if (format != sized) continue;
    if (attribute == parameterInfo) {
      uint16_t ordinal, offset;
      uint32_t packed;
      memcpy(&ordinal, at + 4, 2);
      memcpy(&offset, at + 6, 2);
      memcpy(&packed, at + 8, 4);
      found[ordinal] = {offset, packed >> 18};
    }
    at += length;
  }
  std::vector<FakeParameter> params;
  for (auto& [ordinal, parameter] : found) params.push_back(parameter);
  return params;
}

inline void ReadCubin(const char* image, std::vector<FakeKernel>& kernels) {
  Elf64_Ehdr header;
  memcpy(&header, image, sizeof header);
  auto section = [&](size_t index) {
    Elf64_Shdr found;
    memcpy(&found, image + header.e_shoff + index * sizeof found, sizeof found);
    return found;
  };
  const char* names = image + section(header.e_shstrndx).sh_offset;
  const std::string prefix = ".nv.info.";
  for (size_t index = 0; index < header.e_shnum; ++index) {
    Elf64_Shdr found = section(index);
    std::string name = names + found.sh_name;
    if (name.compare(0, prefix.size(), prefix) != 0) continue;
    FakeKernel kernel;
    kernel.name = name.substr(prefix.size());
    kernel.params = ReadParameters(image + found.sh_offset, found.sh_size);
    kernels.push_back(kernel);
  }
}

// Answers what is wrong with the image, or nothing.
inline std::string ReadImage(const char* image, std::vector<FakeKernel>& kernels) {
  if (memcmp(image, ELFMAG, SELFMAG) == 0) {
    ReadCubin(image, kernels);
    return "";
  }
  std::istringstream lines(image);
  for (std::string line; std::getline(lines, line);)
    if (line.compare(0, 7, "kernel ") == 0) kernels.push_back(ReadLine(line));
  return kernels.empty() ? "fake log: not an image" : "";
}

}  // namespace tilescript
