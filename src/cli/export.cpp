// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <string>

#include "commands.hpp"
#include "options.hpp"
#include "plimsoll/io/anomalib_constants.hpp"
#include "plimsoll/io/calibration_file.hpp"
#include "plimsoll/io/cpp_header.hpp"
#include "plimsoll/io/write_file.hpp"

namespace plimsoll::cli {
namespace {

struct ExportOptions {
  std::string file;
  std::string output = "-";
  std::string name = "line";
  bool cpp = false;
  bool anomalib = false;
  bool anomalib_metadata = false;
  bool without_normals = false;
};

int run(const ExportOptions& options) {
  io::CalibrationFile file = io::read_calibration_file(options.file);
  const std::string name = shown_path(options.file);
  if (options.anomalib) {
    io::write_file(options.output, io::to_json(io::anomalib_constants_of(file, name)));
    return success;
  }
  if (options.anomalib_metadata) {
    io::write_file(options.output, io::to_json(io::anomalib_metadata_of(file, name)));
    return success;
  }
  if (options.without_normals) {
    file.normal_scores.clear();
    file.normal_count = 0;
  }
  io::write_file(options.output, io::to_cpp_header(file, options.name, name));
  return success;
}

}  // namespace

void add_export(CLI::App& app, int& status) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command =
      app.add_subcommand("export", "Write a calibration or threshold file as a C++ constant, or for anomalib");
  command->footer(
      "The header needs plimsoll's own headers and the C++20 standard library, nothing else. What anomalib has no\n"
      "constants for, as mask rules beyond a level, is refused.\n"
      "\n"
      "Examples:\n"
      "  plimsoll export --cpp cal.json -o line.hpp\n"
      "  plimsoll export --cpp line.json --name bottle_line > bottle.hpp\n"
      "  plimsoll export --anomalib cal.json -o constants.json");
  command->add_option("FILE", options->file, "a calibration or threshold file, from plimsoll fit; - for standard input")
      ->required()
      ->type_name("");
  CLI::Option_group* format = command->add_option_group("Format", "one of these");
  format->require_option(1);
  format->add_flag("--cpp", options->cpp, "as a C++20 header")->disable_flag_override();
  format->add_flag("--anomalib", options->anomalib, "the constants of a PostProcessor of anomalib 2, JSON")
      ->disable_flag_override();
  format->add_flag("--anomalib-metadata", options->anomalib_metadata, "the metadata.json of anomalib before 2.0")
      ->disable_flag_override();
  command->add_option("-o,--output", options->output, "the file to write [default -, standard output]")
      ->type_name("FILE");
  const auto of_cpp = [cpp = format->get_option("--cpp")](CLI::Option* option) { option->needs(cpp); };
  of_cpp(command->add_option("--name", options->name, "the constant's name, a C++ identifier [default line]")
             ->type_name("NAME"));
  of_cpp(command
             ->add_flag("--without-normals", options->without_normals,
                        "leave out the normal scores, which only p-values need")
             ->disable_flag_override());
  refuse_empty_values(*command);
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace plimsoll::cli
