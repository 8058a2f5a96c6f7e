// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "folder.hpp"
#include "notice.hpp"
#include "options.hpp"
#include "plimsoll/io/image_file.hpp"
#include "plimsoll/io/mask_file.hpp"
#include "plimsoll/synth/synthetic_anomalies.hpp"
#include "plimsoll/version.hpp"
#include "progress.hpp"
#include "synth_folder.hpp"
#include "table.hpp"

namespace plimsoll::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;
using synth::MaskKind;
using synth::SourceKind;

constexpr std::array sources{SourceKind::textures, SourceKind::other_normal, SourceKind::noise,
                             SourceKind::colour,   SourceKind::cut_paste,    SourceKind::scar,
                             SourceKind::quilt,    SourceKind::random_phase};
constexpr std::array<std::pair<std::string_view, MaskKind>, 3> masks{
    {{"perlin", MaskKind::perlin}, {"blob", MaskKind::blob}, {"scratch", MaskKind::scratch}}};

constexpr std::string_view item_headings =
    "file,mask,original,index,severity,seed,source,material,augmentations,label,blend,area,components,attempts,"
    "met_limits";

struct SynthOptions {
  std::vector<std::string> inputs;
  bool recursive = false;
  std::string output;
  std::uint64_t count = 1;
  std::string severities = "1";
  std::string source = "textures";
  std::string mask = "perlin";
  std::string blending = "alpha";
  std::vector<double> blend;
  std::uint64_t augmentations = 3;
  std::string foreground;
  std::string format = "png";
  std::uint64_t jobs = 0;
  bool force = false;
  synth::SyntheticAnomaliesParameters parameters{};  ///< what the options above do not say
};

/// Files, and a number that changes when one is added, removed, or changed in size.
struct Files {
  std::vector<std::string> paths;
  [[nodiscard]] ordered_json json() const {
    std::uint64_t state = 0;
    const auto take = [&state](std::uint64_t number) { state = synth::mix(state, number); };
    for (const std::string& path : paths) {
      for (const char c : path) take(static_cast<unsigned char>(c));
      std::error_code error;
      take(static_cast<std::uint64_t>(fs::file_size(path, error)));
    }
    return {{"count", paths.size()}, {"fingerprint", fmt::format("0x{:016x}", state)}};
  }
};

/// Refuses paths that would break the manifest's lines.
void refuse_controls(const Files& files) {
  for (const std::string& path : files.paths) {
    const auto control = [](char c) { return static_cast<unsigned char>(c) < ' '; };
    if (std::ranges::any_of(path, control)) throw UsageError("an image has a control character in its path: " + path);
  }
}

/// The originals, in the order given.
Files find_originals(const SynthOptions& options) {
  Files found;
  for (const std::string& input : options.inputs) {
    if (input == "-") throw UsageError("standard input gives no images: name files or folders");
    const auto files = io::image_files(input, options.recursive);
    found.paths.insert(found.paths.end(), files.begin(), files.end());
  }
  refuse_controls(found);
  return found;
}

/// Refuses to write where originals are read, by this run or by the next.
void refuse_own_input(const SynthOptions& options, const Files& originals) {
  std::set<fs::path> read;
  for (const std::string& path : originals.paths) read.insert(io::real_path(path).parent_path());
  const fs::path output = io::real_path(options.output);
  for (const char* folder : {"images", "masks"}) {
    if (read.contains(output / folder)) {
      throw UsageError(
          fmt::format("-o {}: IMAGES are in its folder {}, which would be written", options.output, folder));
    }
  }
  if (!options.recursive) return;
  for (const std::string& input : options.inputs) {
    const fs::path folder = io::real_path(input);
    const auto inside = std::ranges::mismatch(folder, output).in1 == folder.end();
    if (inside) {
      throw UsageError(
          fmt::format("-o {}: lies within {}, where --recursive would find what is written", options.output, input));
    }
  }
}

/// A name for each original: its stem, and where that is taken the next of stem_2, stem_3, ... that no other has.
std::vector<std::string> names_of(const Files& originals) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (const std::string& path : originals.paths) taken.insert(fs::path(path).stem().string());
  std::set<std::string> given;
  std::map<std::string, std::size_t> next;
  for (const std::string& path : originals.paths) {
    const std::string stem = fs::path(path).stem().string();
    std::string name = stem;
    if (!given.insert(name).second) {
      std::size_t& number = next.try_emplace(stem, 2).first->second;
      do name = fmt::format("{}_{}", stem, number++);
      while (taken.contains(name) || !given.insert(name).second);
    }
    names.push_back(name);
  }
  return names;
}

std::vector<double> read_severities(const std::string& text) {
  std::vector<double> severities;
  std::string_view rest = text;
  for (bool more = true; more;) {
    const std::size_t comma = rest.find(',');
    const std::string_view word = rest.substr(0, comma);
    more = comma != std::string_view::npos;
    if (more) rest.remove_prefix(comma + 1);
    double value = 0;
    const auto result = std::from_chars(word.data(), word.data() + word.size(), value);
    if (result.ec != std::errc{} || result.ptr != word.data() + word.size() || !(value > 0 && value <= 1)) {
      throw UsageError(fmt::format("--severity {}: '{}' is not a number in (0, 1]", text, word));
    }
    if (std::ranges::find(severities, value) != severities.end()) {
      throw UsageError(fmt::format("--severity {}: {} is there twice", text, value));
    }
    severities.push_back(value);
  }
  return severities;
}

/// All items in the order of the manifest: round by round over the originals, so that another normal image is never
/// the original itself.
std::vector<SynthItem> plan(const SynthOptions& options, const Files& originals,
                            const std::vector<double>& severities) {
  const std::vector<std::string> names = names_of(originals);
  const std::size_t digits = std::max<std::size_t>(3, std::to_string(options.count - 1).size());
  std::vector<SynthItem> items;
  items.reserve(options.count * names.size() * severities.size());
  for (std::size_t round = 0; round < options.count; ++round) {
    for (std::size_t image = 0; image < names.size(); ++image) {
      for (std::size_t i = 0; i < severities.size(); ++i) {
        SynthItem& item = items.emplace_back();
        item.image = image;
        item.index = round * names.size() + image;
        item.severity = severities[i];
        item.name = fmt::format("{}_{:0{}}", names[image], round, digits);
        if (severities.size() > 1) item.name += fmt::format("_s{}", i);
        item.file = fmt::format("images/{}.{}", item.name, options.format);
        item.mask = fmt::format("masks/{}.png", item.name);
        item.beginning =
            fmt::format("{},{},{},{},{},{},", Table::quoted(item.file), Table::quoted(item.mask),
                        Table::quoted(originals.paths[image]), item.index, severities[i], options.parameters.seed);
      }
    }
  }
  return items;
}

/// The generator's parameters; `source_images` are the user's, when --source names a folder of them.
synth::SyntheticAnomaliesParameters parameters_of(const SynthOptions& options, Files& source_images) {
  synth::SyntheticAnomaliesParameters parameters = options.parameters;
  for (const auto& [word, kind] : masks) {
    if (word == options.mask) parameters.mask.kind = kind;
  }
  parameters.blending = options.blending == "poisson" ? synth::Blending::poisson : synth::Blending::alpha;
  if (!options.blend.empty()) {
    parameters.least_blend = options.blend.front();
    parameters.most_blend = options.blend.back();
  }
  parameters.augmentations = options.augmentations;
  const auto kind = std::ranges::find(sources, options.source, [](SourceKind source) { return to_string(source); });
  if (kind != sources.end()) {
    parameters.source = *kind;
    return parameters;
  }
  if (!fs::is_directory(options.source)) {
    std::vector<std::string_view> words;
    for (const SourceKind source : sources) words.push_back(to_string(source));
    throw UsageError(fmt::format("--source {}: is neither a folder of images nor one of {}", options.source,
                                 fmt::join(words, ", ")));
  }
  parameters.source = SourceKind::images;
  source_images.paths = io::image_files(options.source, options.recursive);
  refuse_controls(source_images);
  return parameters;
}

synth::ImageList list_of(const Files& files) {
  return {files.paths.size(), [paths = files.paths](std::size_t index) { return io::read_image(paths[index]); },
          [paths = files.paths](std::size_t index) { return fs::path(paths[index]).filename().string(); }};
}

ordered_json describe(const SynthOptions& options, const synth::SyntheticAnomaliesParameters& parameters,
                      const std::vector<double>& severities, const Files& originals, const Files& source_images,
                      const Files& foregrounds) {
  const synth::MaskParameters& mask = parameters.mask;
  ordered_json json{{"format", "plimsoll-synth"}, {"version", 1}, {"library_version", PLIMSOLL_VERSION}};
  json["images"] = originals.json();
  json["seed"] = parameters.seed;
  json["count"] = options.count;
  json["severities"] = severities;
  json["probability"] = parameters.probability;
  json["source"] = to_string(parameters.source);
  json["source_images"] = source_images.paths.empty() ? ordered_json() : source_images.json();
  json["augmentations"] = parameters.augmentations;
  json["blending"] = options.blending;
  json["least_blend"] = parameters.least_blend;
  json["most_blend"] = parameters.most_blend;
  json["white"] = parameters.white;
  json["mask"] = {{"kind", options.mask},
                  {"least_scale", mask.least_scale},
                  {"most_scale", mask.most_scale},
                  {"rotation", mask.rotation},
                  {"level", mask.level},
                  {"least_count", mask.least_count},
                  {"most_count", mask.most_count},
                  {"least_size", mask.least_size},
                  {"most_size", mask.most_size},
                  {"irregularity", mask.irregularity},
                  {"least_length", mask.least_length},
                  {"most_length", mask.most_length},
                  {"least_width", mask.least_width},
                  {"most_width", mask.most_width},
                  {"curvature", mask.curvature},
                  {"second_mask", mask.second_mask},
                  {"softness", mask.softness},
                  {"least_area", mask.least_area},
                  {"most_area", mask.most_area},
                  {"attempts", mask.attempts}};
  json["foreground"] = foregrounds.paths.empty() ? ordered_json() : foregrounds.json();
  json["file_format"] = options.format;
  return json;
}

/// The end of an item's line.
std::string line_end(const synth::Provenance& made) {
  return fmt::format("{},{},{},{},{},{},{},{},{}", to_string(made.source), Table::quoted(made.material),
                     made.augmentations, made.applied ? "anomalous" : "normal", made.blend, made.area, made.components,
                     made.attempts, made.met_limits);
}

/// What the lines say, of this run and of those before.
struct Counts {
  std::size_t anomalous = 0;
  std::size_t by_chance = 0;  ///< normal, by --probability
  std::size_t empty = 0;      ///< normal, because no anomaly could be made
  std::size_t beyond_limits = 0;

  explicit Counts(const std::vector<SynthItem>& items) {
    for (const SynthItem& item : items) {
      // label, blend, area, components, attempts and met_limits have no commas.
      std::array<std::string_view, 6> last;
      std::string_view rest = item.line;
      for (std::size_t i = last.size(); i-- > 0;) {
        const std::size_t comma = rest.rfind(',');
        last[i] = rest.substr(comma + 1);
        rest = rest.substr(0, comma);
      }
      const bool is_anomalous = last[0] == "anomalous";
      const bool wanted = last[4] != "0" || last[5] == "false";  // a mask; without foreground none is tried
      if (!is_anomalous) ++(wanted ? empty : by_chance);
      if (is_anomalous) ++anomalous;
      if (is_anomalous && last[5] == "false") ++beyond_limits;
    }
  }
};

/// Items of one original that are made one after the other, so that it is read once.
struct Portion {
  std::size_t image;
  std::vector<SynthItem*> items;
};

std::vector<Portion> portions_of(std::vector<SynthItem>& items, std::size_t images) {
  constexpr std::size_t most = 16;  // so that few originals occupy several threads
  std::vector<std::vector<SynthItem*>> missing(images);
  for (SynthItem& item : items) {
    if (item.line.empty()) missing[item.image].push_back(&item);
  }
  std::vector<Portion> portions;
  for (std::size_t image = 0; image < images; ++image) {
    for (std::size_t i = 0; i < missing[image].size(); ++i) {
      if (i % most == 0) portions.push_back({image, {}});
      portions.back().items.push_back(missing[image][i]);
    }
  }
  return portions;
}

/// Makes all portions by `jobs` threads. Of several errors that of the first portion is thrown, when all have ended.
class Workers {
 public:
  Workers(const std::vector<Portion>& portions, std::function<void(const Portion&)> make)
      : portions_{portions}, make_{std::move(make)} {}

  void run(std::size_t jobs) {
    {
      std::vector<std::jthread> threads;
      try {
        while (threads.size() + 1 < std::min(jobs, portions_.size())) threads.emplace_back([this] { work(); });
      } catch (const std::system_error&) {
        // As many as the system gives.
      }
      work();
    }
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void work() {
    // What comes before a portion that failed is made all the same, as it may fail first.
    for (std::size_t index = next_++; index < std::min(portions_.size(), failed_.load()); index = next_++) {
      try {
        make_(portions_[index]);
      } catch (...) {
        const std::scoped_lock guard(mutex_);
        if (index < failed_) {
          failed_ = index;
          error_ = std::current_exception();
        }
      }
    }
  }

  const std::vector<Portion>& portions_;
  std::function<void(const Portion&)> make_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
  std::atomic<std::size_t> failed_ = std::numeric_limits<std::size_t>::max();  ///< the first
  std::exception_ptr error_;
};

io::MaskBlock read_foreground(const std::string& path) {
  io::MaskBlock block;
  const auto reader = io::open_masks(path);
  if (reader->count() != 1)
    throw UsageError(fmt::format("{}: holds {} masks, and an image has one", path, reader->count()));
  static_cast<void>(reader->next(block));
  return block;
}

int run(const SynthOptions& options) {
  if (!io::has_image_codecs()) {
    throw UsageError(
        "synth: this plimsoll was built without OpenCV, and reads and writes no images (configure it with "
        "PLIMSOLL_WITH_OPENCV=ON)");
  }
  const std::vector<double> severities = read_severities(options.severities);
  const Files originals = find_originals(options);
  refuse_own_input(options, originals);
  Files source_images;
  const auto parameters = parameters_of(options, source_images);
  const synth::SyntheticAnomalies generator(
      parameters, list_of(parameters.source == SourceKind::other_normal ? originals : source_images));
  Files foregrounds;
  if (!options.foreground.empty()) {
    std::vector<std::string> stems;
    for (const std::string& path : originals.paths) stems.push_back(fs::path(path).stem().string());
    foregrounds.paths = io::find_masks(options.foreground, stems);
  }
  std::vector<SynthItem> items = plan(options, originals, severities);
  SynthFolder folder(options.output, describe(options, parameters, severities, originals, source_images, foregrounds),
                     item_headings, items, options.force);

  const std::vector<Portion> portions = portions_of(items, originals.paths.size());
  const auto found =
      static_cast<std::size_t>(std::ranges::count_if(items, [](const SynthItem& item) { return !item.line.empty(); }));
  std::size_t done = found;
  {
    Progress progress("writing anomalies");
    std::mutex mutex;
    const auto make = [&](const Portion& portion) {
      const std::string& path = originals.paths[portion.image];
      const synth::Image image = io::read_image(path);
      const io::MaskBlock foreground =
          foregrounds.paths.empty() ? io::MaskBlock() : read_foreground(foregrounds.paths[portion.image]);
      for (SynthItem* item : portion.items) {
        synth::SyntheticItem made;
        try {
          made = generator(image.view(), item->index, item->severity, foreground.mask());
        } catch (const DataError& error) {
          throw DataError(path + ": " + error.what());
        }
        io::write_image(folder.path_of(item->file), made.image.view());
        io::write_mask(folder.path_of(item->mask), made.mask);
        item->line = item->beginning + line_end(made.provenance);
        folder.add(*item);
        const std::scoped_lock guard(mutex);
        ++done;
        progress.at(static_cast<double>(done) / static_cast<double>(items.size()), done);
      }
    };
    const std::size_t jobs = options.jobs > 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency());
    Workers(portions, make).run(jobs);
  }
  folder.finish(items);

  const Counts counts(items);
  fmt::print("{} items of {} images: {} anomalous", items.size(), originals.paths.size(), counts.anomalous);
  if (counts.by_chance > 0) fmt::print(", {} normal by chance", counts.by_chance);
  if (counts.empty > 0) fmt::print(", {} normal for want of an anomaly", counts.empty);
  fmt::print("\n");
  if (found > 0) fmt::print("  kept      {} of them, from an earlier run\n", found);
  fmt::print("  written   {}: images, masks, manifest.csv, parameters.json\n", options.output);
  if (counts.empty > 0) {
    notice("plimsoll: no anomaly could be made for {} of {} items; manifest.csv calls them normal\n", counts.empty,
           items.size());
  }
  if (counts.beyond_limits > 0) {
    notice("plimsoll: {} of {} masks do not keep the limits of area; manifest.csv says which (met_limits)\n",
           counts.beyond_limits, items.size());
  }
  return success;
}

/// Refuses options that pastes of the image itself take no notice of.
void refuse_unused(const CLI::App& command, const SynthOptions& options) {
  if (options.source != to_string(SourceKind::cut_paste) && options.source != to_string(SourceKind::scar)) return;
  for (const char* name :
       {"--mask", "--least-area", "--most-area", "--softness", "--second-mask", "--blend", "--augmentations"}) {
    if (command.get_option(name)->count() == 0) continue;
    throw UsageError(fmt::format("--source {} has a form of its own and takes no {}", options.source, name));
  }
}

}  // namespace

void add_synth(CLI::App& app, int& status) {
  auto options = std::make_shared<SynthOptions>();
  synth::SyntheticAnomaliesParameters& parameters = options->parameters;
  CLI::App* command = app.add_subcommand("synth", "Make synthetic anomalies of normal images, with their true masks");
  command->footer(
      "Writes DIR/images, DIR/masks (PNG, 255 anomalous), DIR/manifest.csv (what each item is and comes from) and\n"
      "DIR/parameters.json. The same images and parameters give the same files, whatever --jobs. A run that was\n"
      "interrupted goes on where it was when it is started again.\n"
      "\n"
      "Examples:\n"
      "  plimsoll synth good/ -o synth/                             one anomaly an image, bundled textures\n"
      "  plimsoll synth good/ -o synth/ --count 5 --seed 7          five an image, others with another seed\n"
      "  plimsoll synth good/ -o synth/ --source textures/dtd/      filled with images of yours\n"
      "  plimsoll synth good/ -o synth/ --mask scratch --source colour\n"
      "  plimsoll synth good/ -o synth/ --foreground parts/         only where the masks in parts/ are set\n"
      "  plimsoll synth good/ -o synth/ --severity 0.25,0.5,1       the same anomalies, fainter and stronger\n"
      "Score the images by your model, and see which of the known anomalies a threshold finds:\n"
      "  plimsoll evaluate --maps normal_maps/ synth_maps/ --labels synth/masks/");
  command
      ->add_option("IMAGES", options->inputs, "normal images, or folders of them: PNG, JPEG, BMP, TIFF, 8 or 16 bits")
      ->required()
      ->type_name("");
  command->add_option("-o,--output", options->output, "the folder to write")
      ->required()
      ->type_name("DIR")
      ->group("Output");
  const auto grouped = [](CLI::Option* option, const char* type, const char* group) {
    option->type_name(type)->group(group);
  };
  const auto flag = [&](const char* name, bool& value, const char* help, const char* group) {
    command->add_flag(name, value, help)->disable_flag_override()->group(group);
  };
  flag("--recursive", options->recursive, "images in the folders of folders too", "Input");
  grouped(command->add_option("--foreground", options->foreground,
                              "masks of where anomalies may be, each called like its image, with or without _mask"),
          "DIR", "Input");
  grouped(command->add_option("--white", parameters.white,
                              "the value of white, 4095 for 12 bits in 16 [default 255 or 65535, by the image]"),
          "X", "Input");

  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  const char* items = "Items";
  add_whole_number(*command, "--count", options->count, 1, most, "anomalies an image [default 1]").group(items);
  add_whole_number(*command, "--seed", parameters.seed, 0, std::numeric_limits<std::uint64_t>::max(),
                   "other numbers, other anomalies [default 0]")
      .group(items);
  grouped(command->add_option("--probability", parameters.probability,
                              "that an item has an anomaly; else it is the image, with an empty mask [default 1]"),
          "X", items);
  grouped(
      command->add_option("--severity", options->severities,
                          "multiplies the blend factor; several, with commas, give each anomaly in each [default 1]"),
      "X,X,...", items);

  const char* source = "Source";
  grouped(
      command->add_option("--source", options->source,
                          "what fills the mask: textures (bundled), other_normal (another of IMAGES), noise, colour, "
                          "cut_paste or scar (a piece of the image itself), quilt or random_phase (a texture made of "
                          "the image), or a folder of images [default textures]"),
      "WORD|DIR", source);
  add_whole_number(*command, "--augmentations", options->augmentations, 0, synth::augmentations.size(),
                   "how many changes of colour, sharpness and place are made to the source [default 3]")
      .group(source);
  command->add_option("--blend", options->blend, "the range of the source's share in the mask [default 0.2 1]")
      ->expected(2)
      ->type_name("LOW HIGH")
      ->group(source);
  grouped(command
              ->add_option("--blending", options->blending,
                           "alpha mixes; poisson fits the source's gradients to the image around [default alpha]")
              ->check(CLI::IsMember({"alpha", "poisson"})),
          "alpha|poisson", source);

  const char* mask = "Mask";
  synth::MaskParameters& form = parameters.mask;
  grouped(command->add_option("--mask", options->mask, "perlin (as anomalib's), blob or scratch [default perlin]")
              ->check(CLI::IsMember({"perlin", "blob", "scratch"})),
          "WORD", mask);
  grouped(command->add_option("--least-area", form.least_area,
                              "the least share of the image, or of its foreground, that is anomalous [default 0]"),
          "X", mask);
  grouped(command->add_option("--most-area", form.most_area, "the largest share [default 1]"), "X", mask);
  grouped(command->add_option("--softness", form.softness,
                              "over how many pixels the edge of an anomaly fades; from half on it is in the mask "
                              "[default 0]"),
          "X", mask);
  grouped(command->add_option("--second-mask", form.second_mask,
                              "the probability of a second mask beside the first [default 0]"),
          "X", mask);

  grouped(command->add_option("--format", options->format, "of the images: png or tiff, both exact [default png]")
              ->check(CLI::IsMember({"png", "tiff"})),
          "png|tiff", "Output");
  constexpr std::uint64_t most_jobs = 1024;
  add_whole_number(*command, "--jobs", options->jobs, 1, most_jobs,
                   "how many threads; the files are the same [default: one a processor]")
      .group("Output");
  flag("--force", options->force, "remove what an earlier run wrote to the folder, and make all anew", "Output");
  refuse_empty_values(*command);
  command->callback([options, command, &status] {
    refuse_unused(*command, *options);
    status = run(*options);
  });
}

}  // namespace plimsoll::cli
