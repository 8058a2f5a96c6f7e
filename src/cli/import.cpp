// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>

#include "commands.hpp"
#include "options.hpp"
#include "plimsoll/io/anomalib_calibration.hpp"

namespace plimsoll::cli {
namespace {

struct ImportOptions {
  std::string metadata;
  std::string output;
  std::string image_sensitivity;
  std::string pixel_sensitivity;
};

std::optional<double> sensitivity(const char* name, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const ParameterInfo info{name, ParameterKind::real, {}, Range::closed(0, 1), {}, {}};
  return std::get<double>(parse_value("import", info, text));
}

int run(const ImportOptions& options) {
  const io::AnomalibMetadata metadata = io::read_anomalib_metadata(options.metadata);
  const io::CalibrationFile file =
      io::calibration_of(metadata, shown_path(options.metadata),
                         {.image = sensitivity("image_sensitivity", options.image_sensitivity),
                          .pixel = sensitivity("pixel_sensitivity", options.pixel_sensitivity)});
  if (options.output.empty() || options.output == "-") {
    fmt::print("{}", io::to_json(file));
    return success;
  }
  io::write_calibration_file(options.output, file);
  if (file.image) fmt::print("images are anomalous from {} on\n", detail::shortest(file.image->cutoff.value()));
  if (file.high) fmt::print("pixels are in the mask from {} on\n", detail::shortest(file.high->cutoff.value()));
  fmt::print("written: {}; plimsoll inspect tells more\n", options.output);
  return success;
}

}  // namespace

void add_import(CLI::App& app, int& status) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* command = app.add_subcommand(
      "import", "Make a calibration file of anomalib's metadata.json, as versions before 2.0 export it");
  command->footer(
      "Examples:\n"
      "  plimsoll import metadata.json -o cal.json\n"
      "  plimsoll import metadata.json --image-sensitivity 0.6 -o cal.json");
  command->add_option("METADATA", options->metadata, "anomalib's metadata.json, - for standard input")
      ->required()
      ->type_name("");
  command->add_option("-o,--output", options->output, "the calibration file to write, - for standard output")
      ->type_name("FILE")
      ->group("Output");
  const char* help = "anomalib 2's {} sensitivity, from 0 (nothing is anomalous) to 1; 0.5 is just above the threshold";
  command->add_option("--image-sensitivity", options->image_sensitivity, fmt::format(fmt::runtime(help), "image"))
      ->type_name("X");
  command->add_option("--pixel-sensitivity", options->pixel_sensitivity, fmt::format(fmt::runtime(help), "pixel"))
      ->type_name("X");
  refuse_empty_values(*command);
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace plimsoll::cli
