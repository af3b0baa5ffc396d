#include "symbols.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <unordered_map>

namespace eigencoder::emulation {
namespace {

// The file that a function was loaded from; dladdr itself knows exported symbols only, which kernels are not.
class Library {
 public:
  explicit Library(const void* function) {
    Dl_info library{};
    if (dladdr(function, &library) == 0) return;
    std::ifstream file(library.dli_fname, std::ios::binary | std::ios::ate);
    if (!file) return;
    bytes_.resize(static_cast<std::size_t>(file.tellg()));
    file.seekg(0);
    file.read(bytes_.data(), static_cast<std::streamsize>(bytes_.size()));
    if (bytes_.size() < sizeof(Elf64_Ehdr)) return;
    if (at<Elf64_Ehdr>(0)->e_type != ET_EXEC) base_ = reinterpret_cast<std::uint64_t>(library.dli_fbase);
  }

  // Calls `use(symbol, name, address)` for each symbol of a type.
  template <class Function>
  void for_symbols(int type, Function&& use) const {
    if (bytes_.empty()) return;
    for (int i = 0; i < at<Elf64_Ehdr>(0)->e_shnum; ++i) {
      if (section(i).sh_type != SHT_SYMTAB) continue;
      const auto* symbols = at<Elf64_Sym>(section(i).sh_offset);
      const char* names = at<char>(section(static_cast<int>(section(i).sh_link)).sh_offset);
      for (std::uint64_t k = 0; k < section(i).sh_size / sizeof(Elf64_Sym); ++k) {
        if (ELF64_ST_TYPE(symbols[k].st_info) != type) continue;
        use(symbols[k], names + symbols[k].st_name, base_ + symbols[k].st_value);
      }
    }
  }

  std::string symbol_of(const void* function) const {
    std::string found;
    for_symbols(STT_FUNC, [&](const Elf64_Sym&, const char* name, std::uint64_t address) {
      if (address == reinterpret_cast<std::uint64_t>(function)) found = name;
    });
    return found;
  }

  bool is_writable(const Elf64_Sym& symbol) const {
    return symbol.st_shndx < at<Elf64_Ehdr>(0)->e_shnum && (section(symbol.st_shndx).sh_flags & SHF_WRITE) != 0;
  }

 private:
  template <class T>
  const T* at(std::uint64_t offset) const {
    return reinterpret_cast<const T*>(bytes_.data() + offset);
  }
  const Elf64_Shdr& section(int index) const { return at<Elf64_Shdr>(at<Elf64_Ehdr>(0)->e_shoff)[index]; }

  std::vector<char> bytes_;
  std::uint64_t base_ = 0;
};

// All kernels come from one file, which is read once.
const Library& library() {
  static const auto& file = *new Library(reinterpret_cast<const void*>(&name_of_kernel));
  return file;
}

std::vector<Variable> find_shared_variables(const void* kernel) {
  std::vector<Variable> variables;
  const std::string symbol = library().symbol_of(kernel);
  if (symbol.compare(0, 2, "_Z") != 0) return variables;
  const std::string prefix = "_ZZ" + symbol.substr(2) + "E";  // how the names of variables in a function begin
  library().for_symbols(STT_OBJECT, [&](const Elf64_Sym& found, const char* name, std::uint64_t address) {
    if (std::strncmp(name, prefix.c_str(), prefix.size()) != 0 || !library().is_writable(found)) return;
    variables.push_back({reinterpret_cast<void*>(address), found.st_size});
  });
  return variables;
}

}  // namespace

std::string name_of_kernel(const void* kernel) {
  const std::string symbol = library().symbol_of(kernel);
  if (symbol.empty()) {
    char address[32];
    std::snprintf(address, sizeof address, "at %p", kernel);
    return address;
  }
  int status = 0;
  char* text = abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status);
  const std::string name = status == 0 ? text : symbol;
  std::free(text);
  return name;
}

const std::vector<Variable>& shared_variables_of(const void* kernel) {
  static auto& known = *new std::unordered_map<const void*, std::vector<Variable>>;
  const auto found = known.find(kernel);
  return found != known.end() ? found->second : known.emplace(kernel, find_shared_variables(kernel)).first->second;
}

}  // namespace eigencoder::emulation
