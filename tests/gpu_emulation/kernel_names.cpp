#include "kernel_names.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

namespace eigencoder::emulation {
namespace {

std::string demangled(const char* symbol) {
  int status = 0;
  char* text = abi::__cxa_demangle(symbol, nullptr, nullptr, &status);
  const std::string name = status == 0 ? text : symbol;
  std::free(text);
  return name;
}

// dladdr knows exported functions only, which kernels are not: this reads the symbols that the linker left for
// debuggers.
std::string name_in_file(const char* path, std::uint64_t offset) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.size() < sizeof(Elf64_Ehdr)) return {};
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(bytes.data());
  const auto* sections = reinterpret_cast<const Elf64_Shdr*>(bytes.data() + header->e_shoff);
  for (int i = 0; i < header->e_shnum; ++i) {
    if (sections[i].sh_type != SHT_SYMTAB) continue;
    const auto* symbols = reinterpret_cast<const Elf64_Sym*>(bytes.data() + sections[i].sh_offset);
    const char* names = bytes.data() + sections[sections[i].sh_link].sh_offset;
    for (std::uint64_t k = 0; k < sections[i].sh_size / sizeof(Elf64_Sym); ++k) {
      if (ELF64_ST_TYPE(symbols[k].st_info) == STT_FUNC && symbols[k].st_value == offset) {
        return demangled(names + symbols[k].st_name);
      }
    }
  }
  return {};
}

}  // namespace

std::string name_of_kernel(const void* function) {
  Dl_info library{};
  if (dladdr(function, &library) != 0) {
    const auto base = reinterpret_cast<std::uint64_t>(library.dli_fbase);
    const std::string name = name_in_file(library.dli_fname, reinterpret_cast<std::uint64_t>(function) - base);
    if (!name.empty()) return name;
  }
  char address[32];
  std::snprintf(address, sizeof address, "at %p", function);
  return address;
}

}  // namespace eigencoder::emulation
