// SPDX-License-Identifier: Apache-2.0
// State files, as they are and with their checksum made right.
#include <vector>

#include "input_file.hpp"
#include "plimsoll/io/state_file.hpp"
#include "snapshot.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  static fuzz::InputFile file("shard.state");
  static fuzz::InputFile written("again.state");
  const auto read = [](const std::vector<std::byte>& bytes) {
    const std::string& path = file.holding(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    fuzz::may_refuse(path, [&] {
      const io::StateFile state = io::read_state_file(path);
      const std::string& copy = written.holding(nullptr, 0);
      io::write_state_file(copy, state);
      fuzz::require(test::content_of(copy) == test::content_of(path), "a state file that was read is written the same");
    });
  };
  fuzz::as_it_is_and_signed(data, size, read);
  return 0;
}
